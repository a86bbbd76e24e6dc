"""Reducers for torch: tensors over shared memory go on sharing it, big ones are not copied."""

from __future__ import annotations

import pickle
from types import FunctionType
from typing import TYPE_CHECKING, Any

import torch

from ...analysis.origin import is_users_class
from ...digest.arrays import memory_root
from ...digest.tensors import counts_steps, memory_of, span_of, sparse_parts
from .. import rebuild_torch as rebuild
from ..memory import root_array
from ..rebuild import view
from ..rebuild_standard import blank
from ..unstorable import SharedPart, Unstorable

if TYPE_CHECKING:
    from . import Reduced, Stream


def reduce(value: Any, stream: Stream) -> Reduced | None:
    """Return what to pickle in place of a torch object, None for its own pickling."""
    if isinstance(value, torch.Tensor):
        return _tensor(value, stream)
    if type(value) is torch.Generator:
        bytes_of_state = value.get_state().numpy().tobytes()
        return rebuild.generator, (str(value.device), bytes_of_state)
    if isinstance(value, torch.optim.Optimizer):
        state = optimizer_state(value)
        if state[1] and state[2] is None and stream.references.path(type(value)):
            # Its class may be one that only calls hooks since this run, and is changed after it.
            raise Unstorable(
                "a scheduler follows its step(); define its class "
                f"{type(value).__qualname__} in the same cell"
            )
        return blank, (type(value),), state, None, None, rebuild.set_optimizer_state
    return None


def optimizer_state(optimizer: Any) -> tuple[dict[str, Any], bool, Any]:
    """All that an optimizer holds, whose own pickling loses some of it.

    What a scheduler put in place of its `step` cannot be pickled and is made again.
    """
    attributes = dict(vars(optimizer))
    counted = counts_steps(optimizer)
    if counted:
        attributes["step"] = None
    owner: Any = next(base for base in type(optimizer).__mro__ if "step" in vars(base))
    hooked = hasattr(owner.step, "hooked") and not is_users_class(owner)
    return attributes, counted, owner if hooked else None


def reduce_hooked_step(function: FunctionType) -> Reduced | None:
    """Make the method anew that the first optimizer of a class put in place of its `step`.

    Copied, it would call hooks out of a copy of the list of all hooks.
    """
    if "hooked" not in vars(function) or function.__module__ != "__main__":
        return None
    state = (function.__wrapped__, dict(vars(function)))  # type: ignore[attr-defined]
    return rebuild.hooked_step, (), state, None, None, rebuild.set_hooked_step


def _tensor(tensor: Any, stream: Stream) -> Reduced:
    state = (tensor.grad, {n: v for n, v in vars(tensor).items() if v is not None})
    kind = (type(tensor), tensor.requires_grad, tensor.is_inference())
    if tensor.layout == torch.strided:
        make, made = _strided(tensor, stream)
    else:
        make = rebuild.sparse
        made = (sparse_parts(tensor), tuple(tensor.shape), str(tensor.device))
    return make, (*made, *kind), state, None, None, rebuild.set_tensor_state


def _strided(tensor: Any, stream: Stream) -> tuple[Any, tuple[Any, ...]]:
    dtype = str(tensor.dtype).removeprefix("torch.")
    place = (dtype, tuple(tensor.shape), tensor.stride())
    signs = (tensor.is_conj(), tensor.is_neg())
    root = memory_of(tensor)
    if root in stream.foreign:
        base = stream.references.first(lambda part: _is_around(part, tensor))
        if base is None:
            raise SharedPart(root)
        return rebuild.view, (base, *place, tensor.data_ptr() - base.data_ptr(), *signs)
    memory, offset = _memory(tensor, root, stream)
    return rebuild.tensor, (memory, *place, offset, *signs, str(tensor.device))


def reduce_array(array: Any, tensor: Any, stream: Stream) -> Reduced:
    """An array over the memory of a tensor: made again of the tensor, or a part of such an array.

    Raises Unstorable.
    """
    base = stream.references.around(array)
    base = root_array(array) if base is None else base
    if base is array:
        if not _is_made_of(array, tensor):
            raise Unstorable("it shares memory with a tensor of another shape or type")
        return rebuild.array, (tensor,)
    if not base.flags.forc or memory_root(base) is not tensor:
        raise Unstorable("it is a part of an array with gaps that shares memory with a tensor")
    start = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return view, (base, array.dtype, array.shape, array.strides, start, array.flags.writeable)


def _is_made_of(array: Any, tensor: Any) -> bool:
    """True for an array as the tensor makes it."""
    made = tensor.detach().numpy()
    return bool(
        made.dtype == array.dtype
        and made.shape == array.shape
        and made.strides == array.strides
        and made.ctypes.data == array.ctypes.data
        and made.flags.writeable == array.flags.writeable
    )


def _is_around(part: object, tensor: Any) -> bool:
    """True for a tensor in whose memory all of another one lies."""
    if not isinstance(part, torch.Tensor) or part.layout != torch.strided:
        return False
    start = tensor.data_ptr() - part.data_ptr()
    return memory_of(part) == memory_of(tensor) and 0 <= start <= span_of(part) - span_of(tensor)


def _memory(tensor: Any, root: int, stream: Stream) -> tuple[_Memory, int]:
    """The memory to pickle, and where in it the tensor begins, counted in elements.

    Memory that several tensors use is pickled whole and once.
    """
    storage = tensor.untyped_storage()
    if root not in stream.shared:
        start = tensor.storage_offset() * tensor.element_size()
        return _Memory(storage, start, span_of(tensor)), 0
    memory = stream.kept.get(root)
    if memory is None:
        memory = stream.kept[root] = _Memory(storage, 0, storage.nbytes())
    return memory, tensor.storage_offset()


class _Memory:
    """A piece of a storage on its way into the stream."""

    def __init__(self, storage: Any, start: int, size: int) -> None:
        self._place = (storage, start, size)

    def __reduce__(self) -> Reduced:
        storage, start, size = self._place
        with torch.inference_mode(False):
            piece = torch.empty(0, dtype=torch.uint8, device=storage.device)
            piece = piece.set_(storage, start, (size,)).cpu()
        return rebuild.memory, (pickle.PickleBuffer(piece.numpy()),)
