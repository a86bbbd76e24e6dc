"""matplotlib: rcParams, colour codes, what is open, and how the inline backend shows figures."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from typing import Any

from .group import Change, Group, Restorable, Use, Values, describe, loaded

_STRANGERS = frozenset(
    "numpy pandas scipy sklearn polars pyarrow torch tqdm PIL joblib sympy networkx cycler "
    "IPython ipykernel traitlets cloudpickle pydantic attr attrs".split()
)
_PLOTS = ("plot", "hist", "draw", "fig", "style", "axes", "show", "imag", "heatmap", "dendrogram")
_NOT_DISPLAY = frozenset({"backend", "backend_fallback", "interactive"})
_INLINE = ("inline", "module://matplotlib_inline.backend_inline")
_FIGURE = "matplotlib.figure.Figure"


def plots(use: Use) -> bool:
    """Whether a run can draw: it shows an image, names something of plotting, or uses a package
    of which nobody knows whether it plots.
    """
    if "matplotlib" not in sys.modules:
        return False
    if any(mime.startswith(("image/", "application/pdf")) for mime in use.shown):
        return True
    named = any(word in name.lower() for name in use.names for word in _PLOTS)
    return named or use.may_reach("matplotlib", _STRANGERS)


class RcParams(Restorable):
    """`matplotlib.rcParams`, by which style sheets work too."""

    name = "matplotlib rcParams"
    library = "matplotlib"

    def __init__(self) -> None:
        self._defaults: Values = {}

    def read(self) -> Values:
        module = loaded("matplotlib", "rcParams", "rcParamsDefault", "rcParamsOrig")
        if module is None:
            return _settings_file()
        # Its lists are those of rcParams and change with them: they are copied when first seen.
        self._defaults = self._defaults or _display_only(module.rcParamsDefault)
        return _display_only(module.rcParams)

    def defaults(self) -> Values:
        return self._defaults

    def felt(self, use: Use) -> bool:
        return plots(use)

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        module = loaded("matplotlib", "rcParamsOrig")
        if "font.size" not in before and module is not None:
            before = _display_only(module.rcParamsOrig)  # it was loaded by the run
        return super().difference(before, after, use)

    def put(self, change: Change) -> None:
        parameters = sys.modules["matplotlib"].rcParams
        for key, value in change.items():
            dict.__setitem__(parameters, key, value)


def _display_only(parameters: dict[str, Any]) -> Values:
    return {
        key: list(value) if type(value) is list else value
        for key, value in dict.items(parameters)
        if key not in _NOT_DISPLAY
    }


def _settings_file() -> Values:
    """The user's `matplotlibrc`, which counts as soon as matplotlib is loaded."""
    named, folder = os.environ.get("MATPLOTLIBRC", ""), os.environ.get("MPLCONFIGDIR")
    folder = folder or os.path.join(
        os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "matplotlib"
    )
    for place in ("matplotlibrc", named, os.path.join(named, "matplotlibrc"), folder):
        path = os.path.join(folder, "matplotlibrc") if place is folder else place
        if path and os.path.isfile(path):
            with open(path, "rb") as file:
                return {"matplotlibrc": hashlib.sha256(file.read()).hexdigest()}
    return {}


_COLOURS = {
    "b": (0, 0, 1),
    "g": (0, 0.5, 0),
    "r": (1, 0, 0),
    "c": (0, 0.75, 0.75),
    "m": (0.75, 0, 0.75),
    "y": (0.75, 0.75, 0),
    "k": (0, 0, 0),
    "w": (1, 1, 1),
}


class ColourCodes(Restorable):
    """What the one-letter colours stand for, which seaborn changes."""

    name = "matplotlib colour codes"
    library = "matplotlib.colors"

    def read(self) -> Values:
        module = loaded("matplotlib.colors", "colorConverter")
        if module is None:
            return {}
        return {letter: module.colorConverter.colors.get(letter) for letter in _COLOURS}

    def defaults(self) -> Values:
        return dict(_COLOURS)

    def felt(self, use: Use) -> bool:
        return plots(use)

    def put(self, change: Change) -> None:
        converter = sys.modules["matplotlib.colors"].colorConverter
        for letter, colour in change.items():
            converter.colors[letter] = colour
        converter.cache.clear()


class Registered(Group):
    """Colour maps, style sheets and fonts that were added to matplotlib's own."""

    name = "colour maps, styles or fonts of matplotlib"

    def read(self) -> Values:
        maps, fonts = loaded("matplotlib", "colormaps"), loaded("matplotlib.font_manager")
        found: Values = {}
        if maps is not None:
            own = getattr(maps.colormaps, "_builtin_cmaps", ())
            names = set(maps.colormaps._cmaps) - set(own)
            found["colour maps"] = sorted(names)
        if fonts is not None and hasattr(fonts, "fontManager"):
            found["fonts"] = len(fonts.fontManager.ttflist)
        return found

    def defaults(self) -> Values:
        found = self.read()
        return {**found, "colour maps": []} if found else {}

    def felt(self, use: Use) -> bool:
        return plots(use)

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        if "fonts" not in before:
            after = {key: value for key, value in after.items() if key != "fonts"}
        return super().difference(before, after, use)


class OpenFigures(Group):
    """Figures that pyplot keeps open from one cell to the next."""

    name = "open matplotlib figures"

    def read(self) -> Values:
        module = loaded("matplotlib._pylab_helpers", "Gcf")
        return {} if module is None else {"figures": sorted(module.Gcf.figs)}

    def defaults(self) -> Values:
        return {"figures": []}

    def felt(self, use: Use) -> bool:
        return plots(use)


class Backend(Group):
    """Which backend draws: the inline one, unless somebody asked for another."""

    name = "plotting backend"

    def read(self) -> Values:
        module = loaded("matplotlib", "rcParams")
        chosen = None if module is None else dict.get(module.rcParams, "backend")
        if not isinstance(chosen, str):  # matplotlib has not decided yet
            chosen = os.environ.get("MPLBACKEND", "")
        return {"backend": "inline" if chosen.lower() in _INLINE else chosen.lower()}

    def defaults(self) -> Values:
        return {"backend": "inline"}

    def felt(self, use: Use) -> bool:
        return plots(use)


class PlottingMode(Restorable):
    """`plt.ion()` and `plt.ioff()`: whether the inline backend shows figures by itself."""

    name = "plotting mode"
    library = "matplotlib.pyplot"

    def read(self) -> Values:
        if "matplotlib" not in sys.modules:
            return {}
        return {"shows figures" if backend_is_up() else "asked for": plots_interactively()}

    def defaults(self) -> Values:
        return {"shows figures": True, "asked for": False}

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        return super().difference({**self.defaults(), **before}, after, use)

    def felt(self, use: Use) -> bool:
        return plots(use)

    def put(self, change: Change) -> None:
        pyplot = sys.modules["matplotlib.pyplot"]
        if "shows figures" in change:
            start_plotting()
        (pyplot.ion if next(iter(change.values())) else pyplot.ioff)()


def plots_interactively() -> bool:
    """True once a plotting backend is at work that shows figures by itself, as inline does."""
    module = sys.modules.get("matplotlib")
    parameters = getattr(module, "rcParams", None)
    return parameters is not None and bool(dict.get(parameters, "interactive"))


def backend_is_up() -> bool:
    """True once the inline backend is loaded."""
    return "matplotlib_inline.backend_inline" in sys.modules


def start_plotting(inline: bool = False) -> None:
    """Bring the plotting backend up as the first figure of a session does; with `inline`, as the
    magic `%matplotlib inline` does.
    """
    shell = _shell()
    if inline and shell is not None:
        shell.enable_matplotlib("inline")
    elif not backend_is_up():
        pyplot = importlib.import_module("matplotlib.pyplot")
        pyplot.switch_backend(pyplot.get_backend())


_INLINE_USUAL: Values = {
    "figure_formats": {"png"},
    "print_figure_kwargs": {"bbox_inches": "tight"},
    "close_figures": True,
    "rc": {},
}


class InlineFormat(Restorable):
    """In which formats, and how, the inline backend shows figures.

    Before the backend is up, `%config` leaves that in the configuration of the shell.
    """

    name = "inline figure format"

    def read(self) -> Values:
        made = _inline_backend()
        if made is None:
            traits = {**_INLINE_USUAL, **_configured()}
        else:
            traits = {name: _copied(getattr(made, name)) for name in _INLINE_USUAL}
        return {**traits, "printers": _figure_printers() or _usual_printers(traits)}

    def defaults(self) -> Values:
        return {**_INLINE_USUAL, "printers": _usual_printers(_INLINE_USUAL)}

    def felt(self, use: Use) -> bool:
        return plots(use)

    def put(self, change: Change) -> None:
        shell, made = _shell(), _inline_backend()
        traits = {name: change[name] for name in _INLINE_USUAL if name in change}
        if made is None:
            config = importlib.import_module("traitlets.config").Config
            shell.update_config(config({"InlineBackend": traits}))
            return
        for name, value in traits.items():
            setattr(made, name, value)
        if "printers" in change and _figure_printers() != change["printers"]:
            select = importlib.import_module("IPython.core.pylabtools").select_figure_formats
            formats = [name for name, _ in change["printers"]]
            select(shell, formats, **dict(change["printers"][0][1]))


def _inline_backend() -> Any:
    module = loaded("matplotlib_inline.config", "InlineBackend")
    if module is None or not module.InlineBackend.initialized():
        return None
    return module.InlineBackend.instance()


def _configured() -> Values:
    shell = _shell()
    own = dict(dict.get(shell.config, "InlineBackend", {})) if shell is not None else {}
    if "figure_format" in own:
        own["figure_formats"] = {own["figure_format"]}
    return {name: _copied(value) for name, value in own.items() if name in _INLINE_USUAL}


def _copied(value: Any) -> Any:
    return type(value)(value) if isinstance(value, set | dict) else value


def _usual_printers(traits: Values) -> list[Any]:
    own = sorted(traits["print_figure_kwargs"].items())
    return [[name, own] for name in sorted(traits["figure_formats"])]


def _figure_printers() -> list[Any]:
    """The formats that IPython shows figures in, each with the arguments it draws them with."""
    shell, figure = _shell(), loaded("matplotlib.figure", "Figure")
    if shell is None or figure is None:
        return []
    found = []
    for formatter in shell.display_formatter.formatters.values():
        printer = formatter.type_printers.get(figure.Figure)
        words = dict(getattr(printer, "keywords", None) or {})
        if words or printer is not None:
            name = words.pop("fmt", None) or _name_of(printer)
            words.pop("base64", None)
            found.append([name, sorted(words.items())])
    return sorted(found, key=lambda pair: str(pair[0]))


def _name_of(printer: Any) -> str:
    name = getattr(getattr(printer, "func", None), "__name__", "")
    return "retina" if name == "retina_figure" else str(describe(printer))


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()
