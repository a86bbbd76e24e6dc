"""Reducers for torch: tensors over shared memory go on sharing it, big ones are not copied."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import torch

from ...digest.tensors import attributes_of_optimizer, memory_of, span_of, sparse_parts
from .. import rebuild_torch as rebuild
from ..rebuild_standard import blank, set_attributes
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
        state = attributes_of_optimizer(value)
        return blank, (type(value),), state, None, None, set_attributes
    if isinstance(value, torch.optim.lr_scheduler.LRScheduler) and value._step_count <= 1:
        # It follows the calls of the optimizer's step() by a patch that pickling loses.
        raise Unstorable("it has not made a step yet; make it in the cell that uses it")
    return None


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
