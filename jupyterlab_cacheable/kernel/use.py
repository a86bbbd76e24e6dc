"""What the code and the outputs of a cell tell about the settings it can feel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..analysis.magics import identifiers
from ..analysis.names import Names
from ..analysis.origin import Origin, origin_of_name
from ..state.settings.group import Use
from .parts import Question


def use_of(question: Question, packages: Iterable[str] = (), shown: Iterable[str] = ()) -> Use:
    """`packages` are those of the values the run left, `shown` the MIME types of its outputs."""
    names, reached = question.names, question.reached
    mentioned = names.attributes | reached.attributes | names.inputs | names.bound | reached.roots
    for module in names.modules | reached.imported:
        mentioned.update(module.split("."))
    for _kind, name, text in names.magics:
        mentioned.update((name, *identifiers(text)))
    installed = {top for top in packages if origin_of_name(top) is Origin.INSTALLED}
    return Use(
        packages=frozenset({*question.parts["packages"], *installed}),
        names=frozenset(mentioned),
        strings=frozenset(names.strings | reached.strings),
        shown=frozenset(shown),
        decimals=_meets_decimals(question),
    )


def _meets_decimals(question: Question) -> bool:
    """Whether there is a decimal among the inputs, in their parts or in definitions."""
    met = (question.reached.packages, *(found.packages for found in question.digests.values()))
    return any("decimal" in packages for packages in met)


def types_of(outputs: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The MIME types that outputs hold, and "stream" for printed text."""
    found: set[str] = set()
    for output in outputs:
        data = output["content"].get("data")
        if output["type"] == "stream":
            found.add("stream")
        elif isinstance(data, Mapping):
            found.update(data)
    return frozenset(found)


def notes_on_entropy(names: Names) -> list[str]:
    """A remark for the entry when a generator is made without a seed."""
    return ["uses entropy of the operating system"] if names.bare_calls & _MAKERS else []


_MAKERS = frozenset(
    "default_rng SeedSequence RandomState PCG64 PCG64DXSM MT19937 Philox SFC64 Random".split()
)
