"""What the inputs of a cell share: `b = a` and an equal copy are not the same input.

The digests of the inputs, one by one, do not tell an object that two of them hold from two equal
objects, nor a class from the equal one that was defined when its cell ran again. The key holds
what is in here besides.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from types import CellType, FunctionType
from typing import Any

from ..analysis.closure import Closure, Reached
from ..analysis.members import TooMany, members
from ..digest import Digest, Undigestible, digest
from ..digest.spans import overlap
from ..errors import Uncacheable
from ..outcome import Change, Reason


def sharing(closure: Closure, digests: Mapping[str, Digest]) -> dict[str, Any]:
    """Rows for the key part `inputs`; none where nothing is shared.

    Raises
    ------
    Uncacheable
        when it cannot be told what is shared.
    """
    return {
        **_between_values(closure.reached, digests),
        **_with_definitions(closure, digests),
    }


def _between_values(reached: Reached, digests: Mapping[str, Digest]) -> dict[str, Any]:
    shared = {}
    for one, other in combinations(sorted(digests), 2):
        if _may_meet(digests[one], digests[other]):
            text = _joint([reached.values[one], reached.values[other]], one)
            shared[f"{one} with {other}"] = _row(text, "two inputs share data")
    return shared


def _may_meet(one: Digest, other: Digest) -> bool:
    """Whether two values share what can change, or an array in one a column of the other.

    What two libraries share in the values is refused where both are digested together.
    """
    pairs = (
        (one.parts, other.parts),
        (one.parts, other.columns),
        (one.columns, other.parts),
    )
    if not all(mine.isdisjoint(others) for mine, others in pairs):
        return True
    return bool(one.spans and other.spans) and overlap([*one.spans, *other.spans]) is not None


def _with_definitions(closure: Closure, digests: Mapping[str, Digest]) -> dict[str, Any]:
    """Equal definitions, and data that definitions share with each other or with values."""
    reached = closure.reached
    twins = _twins(reached)
    alike = reached.shared.union(*(found.parts & reached.parts for found in digests.values()))
    if not twins and not alike:
        return {}
    rows = {}
    held = dict(_held(closure, digests, alike))
    if twins:
        names = sorted({str(getattr(value, "__qualname__", "?")) for value in twins.values()})
        rows[f"copies of {', '.join(names)}"] = _row(
            _places(held, twins), "definitions that are equal but not the same"
        )
    if alike:
        values = [p for parts in held.values() for p in parts if not isinstance(p, _BY_PLACE)]
        text = f"{_places(held, alike)} {_joint(values, 'a function')}"
        rows["data held by functions"] = _row(_sha(text), "definitions share data")
    return rows


_BY_PLACE = (CellType, FunctionType, type)


def _twins(reached: Reached) -> dict[int, Any]:
    """The definitions that have the digest of another one, by id."""
    copies = Counter(text for _, text in reached.made.values())
    return {n: value for n, (value, text) in reached.made.items() if copies[text] > 1}


def _held(
    closure: Closure, digests: Mapping[str, Digest], alike: set[int]
) -> Iterator[tuple[str, list[Any]]]:
    """What can change in each definition, and in each value that has to do with one."""
    known = {**closure.reached.defined, **closure.reached.values}
    for label in sorted(known):
        found, definitions, parts = digests.get(label), [known[label]], []
        if found is not None:
            definitions = list({id(value): value for value in found.definitions}.values())
            parts = [] if found.parts.isdisjoint(alike) else [known[label]]
        try:
            for value in definitions:
                parts += [part for part in members(closure, value) if part is not None]
            yield label, parts
        except TooMany:
            sentence = f"its input '{label}' holds too much to look through"
            raise Uncacheable(Reason(sentence, (Change("inputs", label),))) from None


def _places(held: Mapping[str, list[Any]], chosen: Mapping[int, Any] | set[int]) -> str:
    """Where each of the chosen objects stands; objects are numbered as they are met."""
    numbers: dict[int, int] = {}
    places = [
        (label, [numbers.setdefault(id(p), len(numbers)) for p in parts if id(p) in chosen])
        for label, parts in held.items()
    ]
    return _sha(repr(places))


def _joint(values: list[Any], label: str) -> str:
    """One digest over several values tells what they share."""
    try:
        return digest(values, definition=Closure({}, {}).definition).text
    except Undigestible as refused:
        sentence = f"what its input '{label}' shares cannot be compared: {refused.why}"
        raise Uncacheable(Reason(sentence, (Change("inputs", label),))) from None


def _sha(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _row(text: str, summary: str) -> dict[str, Any]:
    return {"digest": text, "type": "sharing", "summary": summary, "cell": None}
