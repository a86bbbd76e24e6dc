"""Reducers for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.utils import Bunch

from ..rebuild_standard import blank, set_attributes

if TYPE_CHECKING:
    from . import Reduced, Stream


def reduce(value: Any, _stream: Stream) -> Reduced | None:
    """Keep the attributes of a Bunch, which its own pickling drops."""
    if type(value) is not Bunch:
        return None
    state = dict(vars(value))
    return blank, (Bunch,), state, None, iter(dict.items(value)), set_attributes
