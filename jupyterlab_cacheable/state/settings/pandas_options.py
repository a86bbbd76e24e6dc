"""pandas: everything that `pd.set_option` sets."""

from __future__ import annotations

import sys
from typing import Any

from ...analysis.unheard import unheard
from .group import Change, Group, Restorable, Use, Values, loaded

_STRANGERS = frozenset(
    "numpy scipy torch polars pyarrow tqdm PIL matplotlib sympy networkx joblib "
    "IPython ipykernel traitlets cloudpickle pydantic attr attrs".split()
)


class PandasOptions(Restorable):
    """Read where pandas keeps them: `pd.get_option` warns about those that will go away."""

    name = "pandas options"
    library = "pandas"

    def read(self) -> Values:
        module = loaded("pandas._config.config", "_global_config", "_registered_options")
        return {} if module is None else _flat(module._global_config, "")

    def defaults(self) -> Values:
        module = loaded("pandas._config.config", "_registered_options")
        if module is None:
            return {}
        return {key: option.defval for key, option in module._registered_options.items()}

    def felt(self, use: Use) -> bool:
        return use.may_reach("pandas", _STRANGERS)

    def put(self, change: Change) -> None:
        pandas = sys.modules["pandas"]
        with unheard():
            for key, value in change.items():
                pandas.set_option(key, value)


def _flat(options: dict[str, Any], prefix: str) -> Values:
    found: Values = {}
    for name, value in options.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{prefix}{name}."))
        else:
            found[prefix + name] = value
    return found


class PandasExtensions(Group):
    """Methods that `tqdm.pandas()` adds to pandas' classes."""

    name = "methods of pandas (tqdm.pandas)"

    def read(self) -> Values:
        module = loaded("pandas", "DataFrame")
        if module is None:
            return {}
        return {"progress": id(module.DataFrame.__dict__.get("progress_apply"))}

    def defaults(self) -> Values:
        return {"progress": id(None)}

    def felt(self, use: Use) -> bool:
        return use.mentions(
            {"progress_apply", "progress_map", "progress_aggregate", "pandas"}
        ) and ("tqdm" in sys.modules)

    def text(self, found: Values) -> str:
        return "" if found.get("progress", id(None)) == id(None) else "added"
