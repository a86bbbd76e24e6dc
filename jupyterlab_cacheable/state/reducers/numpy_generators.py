"""Reducers for the generators of numpy 1, whose own pickling forgets what they were seeded with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import rebuild_numpy as rebuild

if TYPE_CHECKING:
    from . import Reduced

_KINDS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator)


def reduce(value: Any) -> Reduced | None:
    """Return what to pickle in place of a generator, None for its own pickling."""
    if not isinstance(value, _KINDS) or not type(value).__module__.startswith("numpy."):
        return None
    if isinstance(value, np.random.BitGenerator):
        return rebuild.bit_generator, (type(value), value.seed_seq, value.state)
    if isinstance(value, np.random.RandomState):
        return type(value), (value._bit_generator,), value.get_state(legacy=False)
    return type(value), (value.bit_generator,)
