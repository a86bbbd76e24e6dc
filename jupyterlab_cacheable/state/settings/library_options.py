"""Options of libraries that keep them in one place: scikit-learn, polars, torch, and others."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from .group import Change, Group, Restorable, Use, Values, loaded

_DATA = frozenset(
    "numpy pandas scipy matplotlib pyarrow tqdm PIL sympy networkx joblib "
    "IPython ipykernel traitlets cloudpickle pydantic attr attrs".split()
)


class SklearnConfig(Restorable):
    """`sklearn.set_config`."""

    name = "scikit-learn configuration"
    library = "sklearn"

    def read(self) -> Values:
        module = loaded("sklearn._config", "get_config")
        return {} if module is None else dict(module.get_config())

    def defaults(self) -> Values:
        return dict(getattr(loaded("sklearn._config", "_global_config"), "_global_config", {}))

    def felt(self, use: Use) -> bool:
        return use.may_reach("sklearn", _DATA | {"polars", "torch"})

    def put(self, change: Change) -> None:
        sys.modules["sklearn"].set_config(**change)


class PolarsConfig(Restorable):
    """`pl.Config`: environment variables, and what polars keeps inside."""

    name = "polars configuration"
    library = "polars"

    def read(self) -> Values:
        module = loaded("polars", "Config")
        if module is None:
            return {k: v for k, v in os.environ.items() if k.startswith("POLARS_")}
        saved = json.loads(module.Config.save())
        set_here = {
            name: value for name, value in saved["environment"].items() if value is not None
        }
        return {**set_here, **saved["direct"]}

    def defaults(self) -> Values:
        return {
            "set_fmt_float": "mixed",
            "set_float_precision": None,
            "set_thousands_separator": "",
            "set_decimal_separator": ".",
            "set_trim_decimal_zeros": False,
        }

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        change = super().difference({**self.defaults(), **before}, after, use)
        return {**change, **dict.fromkeys(before.keys() - after.keys())}

    def felt(self, use: Use) -> bool:
        return use.may_reach("polars", _DATA | {"sklearn", "torch"})

    def put(self, change: Change) -> None:
        direct = {key: value for key, value in change.items() if key.startswith("set_")}
        environment = {key: value for key, value in change.items() if key not in direct}
        config = sys.modules["polars"].Config
        config.load(json.dumps({"environment": environment, "direct": direct}))


class TorchDefaults(Restorable):
    """What torch computes with when it is not told otherwise, and how tensors print."""

    name = "torch defaults"
    library = "torch"

    def read(self) -> Values:
        module = loaded("torch", "get_default_dtype", "_tensor_str", "backends", "get_num_threads")
        if module is None:
            return {}
        found = {name: _read_quietly(module, read) for name, (read, _) in _TORCH.items()}
        return {**found, **{f"print {k}": v for k, v in vars(_print_options(module)).items()}}

    def defaults(self) -> Values:
        return {
            "dtype": "float32",
            "device": "cpu",
            "deterministic": [False, False],
            "gradients": True,
            "anomalies": False,
            "matmul precision": "highest",
            "cudnn": [False, False],
            "print precision": 4,
            "print threshold": 1000,
            "print edgeitems": 3,
            "print linewidth": 80,
            "print sci_mode": None,
        }

    def text(self, found: Values) -> str:
        return super().text({k: v for k, v in found.items() if k != "threads"})

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        change = super().difference(before, after, use)
        change.pop("threads", None)
        moved = bool(before) and before["threads"] != after["threads"]
        if moved or use.mentions({"set_num_threads"}):
            change["threads"] = after["threads"]
        return change

    def felt(self, use: Use) -> bool:
        return use.may_reach("torch", _DATA | {"sklearn", "polars"})

    def put(self, change: Change) -> None:
        torch = sys.modules["torch"]
        for name, value in change.items():
            if name.startswith("print "):
                setattr(_print_options(torch), name.removeprefix("print "), value)
            else:
                _TORCH[name][1](torch, value)


def _print_options(torch: Any) -> Any:
    return torch._tensor_str.PRINT_OPTS


def _read_quietly(torch: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(torch)
    except (AttributeError, RuntimeError):  # an older torch, or one without this part
        return None


def _cudnn(torch: Any) -> list[bool]:
    return [torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic]


def _set_cudnn(torch: Any, value: list[bool]) -> None:
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = value


def _set_deterministic(torch: Any, value: list[bool]) -> None:
    torch.use_deterministic_algorithms(value[0], warn_only=value[1])


def _deterministic(torch: Any) -> list[bool]:
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    return [torch.are_deterministic_algorithms_enabled(), warns]


_TORCH: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "dtype": (
        lambda torch: str(torch.get_default_dtype()).removeprefix("torch."),
        lambda torch, value: torch.set_default_dtype(getattr(torch, value)),
    ),
    "device": (
        lambda torch: str(torch.get_default_device()),
        lambda torch, value: torch.set_default_device(value),
    ),
    "deterministic": (_deterministic, _set_deterministic),
    "gradients": (
        lambda torch: torch.is_grad_enabled(),
        lambda torch, value: torch.set_grad_enabled(value),
    ),
    "anomalies": (
        lambda torch: torch.is_anomaly_enabled(),
        lambda torch, value: torch.autograd.set_detect_anomaly(value),
    ),
    "matmul precision": (
        lambda torch: torch.get_float32_matmul_precision(),
        lambda torch, value: torch.set_float32_matmul_precision(value),
    ),
    "cudnn": (_cudnn, _set_cudnn),
    "threads": (
        lambda torch: torch.get_num_threads(),
        lambda torch, value: torch.set_num_threads(value),
    ),
}


class OtherLibraries(Group):
    """Options of libraries that are only compared: changed ones are not set again."""

    name = "options of a library"

    def read(self) -> Values:
        found = {name: _read_quietly(None, read) for name, read in _OTHERS.items()}
        return {name: value for name, value in found.items() if value is not None}

    def defaults(self) -> Values:
        return {
            "sympy evaluate": True,
            "sympy assumptions": [],
            "sympy unicode": True,
            "sympy printing": [],
        }

    def felt(self, use: Use) -> bool:
        known = _DATA | {"sklearn", "polars", "torch"}
        return bool(use.packages - (known - {"sympy", "networkx"}))


def _attribute(module: str, path: str, told: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(_unused: Any) -> Any:
        value: Any = sys.modules.get(module)
        for name in path.split("."):
            value = getattr(value, name, None)
        return None if value is None else told(value)

    return read


def _items(found: Any) -> list[str]:
    return sorted(map(str, found.items()))


_OTHERS: dict[str, Callable[[Any], Any]] = {
    "sympy evaluate": _attribute("sympy.core.parameters", "global_parameters.evaluate", bool),
    "sympy assumptions": _attribute(
        "sympy.assumptions.assume", "global_assumptions", lambda found: sorted(map(str, found))
    ),
    "sympy unicode": _attribute("sympy.printing.pretty.pretty_symbology", "_use_unicode", bool),
    "sympy printing": _attribute("sympy.printing.printer", "Printer._global_settings", _items),
    "xarray": _attribute("xarray.core.options", "OPTIONS", dict),
    "plotly templates": _attribute("plotly.io._templates", "templates.default", str),
    "plotly renderers": _attribute("plotly.io._renderers", "renderers.default", str),
    "dask": _attribute("dask.config", "config", lambda found: json.dumps(found, default=str)),
}
