"""numpy: how arrays print, and what happens on a division by zero."""

from __future__ import annotations

import sys

from .group import Change, Restorable, Use, Values, loaded

_STRANGERS = frozenset(
    "polars torch tqdm sympy PIL IPython ipykernel traitlets cloudpickle pydantic attrs".split()
)


class PrintOptions(Restorable):
    """`np.set_printoptions`."""

    name = "numpy print options"
    library = "numpy"

    def read(self) -> Values:
        module = loaded("numpy", "get_printoptions")
        return {} if module is None else dict(module.get_printoptions())

    def defaults(self) -> Values:
        return {
            "edgeitems": 3,
            "threshold": 1000,
            "floatmode": "maxprec",
            "precision": 8,
            "suppress": False,
            "linewidth": 75,
            "nanstr": "nan",
            "infstr": "inf",
            "sign": "-",
            "formatter": None,
            "legacy": False,
            "override_repr": None,
        }

    def felt(self, use: Use) -> bool:
        return use.may_reach("numpy", _STRANGERS)

    def put(self, change: Change) -> None:
        numpy = sys.modules["numpy"]
        # `set_printoptions` forgets some of what it is not told.
        numpy.set_printoptions(**{**numpy.get_printoptions(), **change})


class ErrorHandling(Restorable):
    """`np.seterr` and the function that `np.seterrcall` named."""

    name = "numpy error handling"
    library = "numpy"

    def read(self) -> Values:
        module = loaded("numpy", "geterr", "geterrcall", "getbufsize")
        if module is None:
            return {}
        return {**module.geterr(), "call": module.geterrcall(), "buffer": module.getbufsize()}

    def defaults(self) -> Values:
        actions = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
        return {**actions, "call": None, "buffer": 8192}

    def felt(self, use: Use) -> bool:
        return use.may_reach("numpy", _STRANGERS)

    def put(self, change: Change) -> None:
        numpy, actions = sys.modules["numpy"], dict(change)
        if "call" in actions:
            numpy.seterrcall(actions.pop("call"))
        if "buffer" in actions:
            numpy.setbufsize(actions.pop("buffer"))
        numpy.seterr(**actions)
