"""matplotlib: figures by what they draw, everything in them by that and by its own content."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from .walker import Describer, Rule, Tree, digest, is_kind, name_of, root_of, text_of

PROPERTIES = (
    "alpha antialiased array capstyle clim color cmap dashes edgecolor extent facecolor fontfamily "
    "fontsize gid hatch height label linestyle linewidth marker markersize offsets path_effects "
    "paths position rasterized rotation sizes subplotspec text title url visible width xdata xlabel "
    "xlim xscale xticks xydata xy ydata ylabel ylim yscale yticks zlim zorder"
).split()
OPAQUE_MODULES = (
    "matplotlib.backends",
    "matplotlib.backend_",
    "matplotlib.cbook",
    "matplotlib.font",
)


def figure(describer: Describer, value: Any) -> Tree:
    """A figure: its pixels, its number in pyplot, and the kinds of what it holds."""
    children = [describer.describe(axes, f".axes[{at}]") for at, axes in enumerate(value.axes)]
    return [
        describer.kind(value),
        getattr(value, "number", None),
        is_open(value),
        list(map(float, value.get_size_inches())),
        float(value.dpi),
        pixels(value),
        children,
    ]


def is_open(value: Any) -> bool:
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    return helpers is not None and any(
        manager.canvas.figure is value for manager in helpers.Gcf.figs.values()
    )


def pixels(value: Any) -> str:
    """Digest of the drawing: of a copy, so that the figure stays as it is."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    try:
        drawn = copied(value)
    except Exception:
        drawn = value
    canvas = value.canvas
    try:
        agg = FigureCanvasAgg(drawn)
        agg.draw()
        shape = agg.get_width_height()
        return digest(repr(shape).encode() + bytes(agg.buffer_rgba()))
    except Exception as error:
        return f"cannot be drawn: {type(error).__name__}"
    finally:
        value.set_canvas(canvas)


def copied(value: Any) -> Any:
    """A copy that pyplot does not know of."""
    manager, value.canvas.manager = value.canvas.manager, None
    try:
        return pickle.loads(pickle.dumps(value))
    finally:
        value.canvas.manager = manager


def artist(describer: Describer, value: Any) -> Tree:
    """An artist: its kind, its properties, where it sits, and the figure it is drawn in."""
    owner = getattr(value, "figure", None)
    where = (
        describer.describe(owner, ".figure")
        if not is_kind("matplotlib.figure", "Figure")(type(value))
        else None
    )
    return [describer.kind(value), properties(value), children(value), where]


def properties(value: Any) -> list[Tree]:
    found = []
    for name in PROPERTIES:
        getter = getattr(value, f"get_{name}", None)
        if getter is not None:
            try:
                found.append([name, condensed(getter())])
            except Exception as error:
                found.append([name, type(error).__name__])
    return found


def condensed(value: Any) -> str:
    """Any property as a short text that tells values apart."""
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ndarray):
        return f"{value.dtype} {value.shape} {digest(numpy.ascontiguousarray(numpy.ma.filled(value)).tobytes())}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(condensed, value))})"
    if hasattr(value, "vertices"):
        return f"path {condensed(value.vertices)} {condensed(value.codes)}"
    return text_of(value) if root_of(type(value)) in ("builtins", "numpy") else name_of(type(value))


def children(value: Any) -> list[str]:
    return [f"{type(child).__name__} {child.get_label()}" for child in value.get_children()]


def colours(describer: Describer, value: Any) -> Tree:
    numpy = sys.modules["numpy"]
    return [
        name_of(type(value)),
        value.name,
        value.N,
        digest(value(numpy.arange(-1, value.N + 1)).tobytes()),
    ]


def affine(_: Describer, value: Any) -> Tree:
    return [name_of(type(value)), digest(value.get_matrix().tobytes())]


def settings(_: Describer, value: Any) -> Tree:
    return ["rcParams", [[name, text_of(item)] for name, item in sorted(dict.items(value))]]


def is_machinery(kind: type) -> bool:
    return str(kind.__module__).startswith(OPAQUE_MODULES)


def opaque(_: Describer, value: Any) -> Tree:
    return ["opaque", name_of(type(value))]


RULES: tuple[Rule, ...] = (
    (is_kind("matplotlib.figure", "Figure"), figure),
    (is_kind("matplotlib.artist", "Artist"), artist),
    (is_kind("matplotlib.colors", "Colormap"), colours),
    (is_kind("matplotlib.transforms", "Affine2DBase"), affine),
    (is_kind("matplotlib.transforms", "TransformNode"), opaque),
    (is_kind("matplotlib", "RcParams"), settings),
    (is_machinery, opaque),
)
