"""Edits of a list that is changed in place, so that they can be made again on another such list."""

from __future__ import annotations

from typing import Any

Edit = dict[str, Any]


def edit_of(before: list[Any], after: list[Any]) -> Edit | None:
    """How `after` came from `before`: items taken out, and items put in front and at the end.

    None when it cannot be told so (items were put in between, or their order changed).
    """
    kept, rest = [], list(before)
    for item in after:
        if item in rest:
            kept.append(item)
            rest.remove(item)
    if not kept:
        return {"cleared": bool(before), "removed": [], "front": list(after), "back": []}
    first = _longest_run(after, kept)
    front, back = after[:first], after[first + len(kept) :]
    made = {"cleared": False, "removed": rest, "front": front, "back": back}
    return made if edited(before, made) == after else None


def _longest_run(after: list[Any], kept: list[Any]) -> int:
    """Where `kept` stands in `after` as one piece; 0 when it does not."""
    size = len(kept)
    starts = (n for n in range(len(after) - size, -1, -1) if after[n : n + size] == kept)
    return next(starts, 0)


def edited(items: list[Any], edit: Edit) -> list[Any]:
    """The list after an edit."""
    kept = [] if edit["cleared"] else list(items)
    for item in edit["removed"]:
        if item in kept:
            kept.remove(item)
    return [*edit["front"], *kept, *edit["back"]]
