"""How one kind of object is given a new content in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """How one kind of object is given a new content.

    ``content`` takes the content out: a new object of plain containers around what is inside.
    ``blank`` makes an object like a given one whose content does not matter yet, ``put`` gives an
    object a content, and ``fits`` tells beforehand whether that can be done. ``inner`` names the
    objects that the blank one brings along, which belong to it for good. ``saved`` answers the
    content that takes a new one back, where ``content`` does not. ``is_sure`` tells that ``put``
    cannot fail where ``fits`` has agreed. ``outline`` is what ``put`` leaves as it is: a run that
    changes it cannot be repeated.
    """

    content: Callable[[Any], Any]
    blank: Callable[[Any], Any]
    put: Callable[[Any, Any], None]
    fits: Callable[[Any, Any], bool] = lambda _live, _content: True
    inner: Callable[[Any], list[Any]] = lambda _value: []
    saved: Callable[[Any, Any], Any] | None = None
    is_sure: bool = False
    outline: Callable[[Any], Any] = lambda _value: None
