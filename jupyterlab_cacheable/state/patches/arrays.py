"""Arrays and random generators of numpy."""

from __future__ import annotations

import copy
import sys
from typing import Any

from ..memory import root_array
from ..rebuild import view
from .kind import Kind
from .tensors import array_over, is_tensor


def kind_of(value: Any) -> str | None:
    """The name of the kind of a numpy object."""
    numpy = sys.modules["numpy"]
    kinds = numpy.ndarray, numpy.matrix, numpy.recarray
    if type(value) in kinds:
        return "objects" if value.dtype.hasobject else "ndarray"
    if type(value) is numpy.ma.MaskedArray and not value.dtype.hasobject:
        return "masked"
    if isinstance(value, numpy.random.BitGenerator):
        return "bits"
    if type(value) is numpy.random.Generator:
        return "draws"
    return "legacy draws" if type(value) is numpy.random.RandomState else None


def _array_content(value: Any) -> list[Any]:
    numpy = sys.modules["numpy"]
    return [numpy.array(value, copy=True, order="K", subok=False), bool(value.flags.writeable)]


def _object_content(value: Any) -> list[Any]:
    shape = list(value.shape)
    return [sys.modules["numpy"].asarray(value).ravel().tolist(), shape, value.flags.writeable]


def _outline(value: Any) -> Any:
    return value.shape, value.dtype


def _array_fits(live: Any, content: list[Any]) -> bool:
    data = content[0]
    same = live.shape == data.shape and live.dtype == data.dtype
    return bool(same and (live.flags.writeable or _can_be_written(live)))


def _objects_fit(live: Any, content: list[Any]) -> bool:
    same = live.shape == tuple(content[1]) and live.dtype.hasobject and live.dtype.names is None
    return bool(same and (live.flags.writeable or _can_be_written(live)))


def _can_be_written(live: Any) -> bool:
    try:
        live.flags.writeable = True
    except ValueError:
        return False
    live.flags.writeable = False
    return True


def _put_ndarray(live: Any, content: list[Any]) -> None:
    data, writeable = content
    _set_writeable(live, True)
    live[...] = data
    _set_writeable(live, writeable)


def _put_objects(live: Any, content: list[Any]) -> None:
    values, shape, writeable = content
    _set_writeable(live, True)
    numpy = sys.modules["numpy"]
    filled = numpy.empty(len(values), object)
    for number, value in enumerate(values):  # assigning the list would unpack lists in it
        filled[number] = value
    live[...] = filled.reshape(shape)
    _set_writeable(live, writeable)


def _set_writeable(live: Any, writeable: bool) -> None:
    """Not set when it is so: an array over memory that is not numpy's may be writeable for good."""
    if live.flags.writeable != writeable:
        live.flags.writeable = writeable


def _masked_content(value: Any) -> list[Any]:
    data, mask = value._data, value._mask
    return [_array_content(data), _mask_content(mask), value._fill_value, bool(value._hardmask)]


def _mask_content(mask: Any) -> list[Any] | None:
    """The content of a mask; None for the constant that stands for no mask at all."""
    return None if mask is sys.modules["numpy"].ma.nomask else _array_content(mask)


def _masked_fits(live: Any, content: list[Any]) -> bool:
    mask = live._mask
    with_mask = content[1] is not None and mask is not sys.modules["numpy"].ma.nomask
    return _array_fits(live._data, content[0]) and (not with_mask or _array_fits(mask, content[1]))


def _put_masked(live: Any, content: list[Any]) -> None:
    data, mask, fill_value, hard = content
    nomask = sys.modules["numpy"].ma.nomask
    _put_ndarray(live._data, data)
    if mask is None:
        live._mask = nomask
    elif live._mask is nomask:
        live._mask = mask[0].copy()
    else:
        _put_ndarray(live._mask, mask)
    live._fill_value = fill_value
    live._hardmask = hard


def _blank(value: Any) -> Any:
    return sys.modules["numpy"].empty_like(value)


def _spawned(value: Any) -> int:
    return int(getattr(value.seed_seq, "n_children_spawned", 0))


def _bits_content(value: Any) -> list[Any]:
    return [value.state, _spawned(value)]


def _blank_bits(value: Any) -> Any:
    from ..rebuild_numpy import bit_generator  # copying would forget the seeds in numpy 1

    return bit_generator(type(value), copy.deepcopy(value.seed_seq), value.state)


def _bits_fit(live: Any, content: list[Any]) -> bool:
    return bool(_spawned(live) <= content[1])


def _put_bits(live: Any, content: list[Any]) -> None:
    live.state = content[0]
    more = content[1] - _spawned(live)
    if more > 0:
        live.seed_seq.spawn(more)  # what they would be is told by their number


def _put_draws(_live: Any, _content: None) -> None:
    """A generator has no state besides that of its bit generator, which is patched itself."""


def _blank_draws(value: Any) -> Any:
    return type(value)(_blank_bits(value.bit_generator))


def _blank_legacy_draws(value: Any) -> Any:
    made = type(value)(_blank_bits(value._bit_generator))
    made.set_state(value.get_state(legacy=False))
    return made


def _put_legacy_draws(live: Any, content: dict[str, Any]) -> None:
    live.set_state(content)


def blank_view(value: Any, memories: dict[int, Any], storages: dict[int, Any]) -> Any:
    """An array like `value`; what shares memory does so in scratch too, by `memories`, and by
    `storages` with tensors.
    """
    numpy = sys.modules["numpy"]
    root = root_array(value)
    if is_tensor(root.base) and root.flags.forc:
        memories.setdefault(id(root), array_over(root.base, storages))
        if root is value:
            return memories[id(root)]
    if root is value or not root.flags.forc:
        return (
            memories.setdefault(id(root), numpy.empty_like(value))
            if root is value
            else (numpy.empty_like(value))
        )
    whole = memories.setdefault(id(root), numpy.empty_like(root))
    start = value.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return view(whole, value.dtype, value.shape, value.strides, start, True).view(type(value))


KINDS = {
    "ndarray": Kind(
        _array_content, _blank, _put_ndarray, _array_fits, is_sure=True, outline=_outline
    ),
    "masked": Kind(
        _masked_content, lambda value: value.copy(), _put_masked, _masked_fits, outline=_outline
    ),
    "objects": Kind(_object_content, _blank, _put_objects, _objects_fit, outline=_outline),
    "bits": Kind(_bits_content, _blank_bits, _put_bits, _bits_fit),
    "draws": Kind(
        lambda _: None, _blank_draws, _put_draws, inner=lambda value: [value.bit_generator]
    ),
    "legacy draws": Kind(
        lambda value: value.get_state(legacy=False),
        _blank_legacy_draws,
        _put_legacy_draws,
        inner=lambda value: [value._bit_generator],
    ),
}
