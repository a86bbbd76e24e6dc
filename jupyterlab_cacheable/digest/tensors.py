"""Rules for torch. Only imported when the user imported torch.

A tensor counts by its class, data type, device, shape, strides and elements, by what it takes part
in (gradients, inference mode) and by the memory it shares with other tensors.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType

import torch

from .arrays import write_bytes
from .reduced import attributes_of
from .rule import Rule
from .slots import filled_slots
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Walker

_CLASSES = (torch.Tensor, torch.nn.Parameter)


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a torch type, None when there is none."""
    if issubclass(kind, torch.Tensor):
        return Rule(_tensor)
    if issubclass(kind, torch.optim.Optimizer):
        return Rule(write_optimizer)
    return _RULES.get(kind)


def _tensor(walker: Walker, tensor: Any) -> None:
    _check(tensor)
    walker.tag(
        "tensor",
        type(tensor).__name__,
        str(tensor.dtype),
        str(tensor.device),
        str(tensor.layout),
        tensor.requires_grad,
        tensor.is_inference(),
        *tensor.shape,
    )
    if tensor.layout == torch.strided:
        _write_strided(walker, tensor)
    else:
        _write_sparse(walker, tensor)
    walker.walk(tensor.grad, ".grad")
    walker.walk_attributes(_own_attributes(tensor))


def _check(tensor: Any) -> None:
    if type(tensor) not in _CLASSES:
        raise refuse(tensor, "it is a tensor of a class of its own")
    if tensor.grad_fn is not None:
        raise refuse(
            tensor,
            "it remembers the computation that made it; store .detach() of it or use no_grad()",
        )
    if tensor.is_quantized or any(getattr(tensor, "names", ())) or tensor.device.type == "meta":
        raise refuse(tensor, "tensors of this kind have no digest")
    if tensor._backward_hooks:
        raise refuse(tensor, "it has hooks")


def _own_attributes(tensor: Any) -> dict[str, Any]:
    """What was set on a tensor from outside."""
    return {
        name: value
        for name, value in attributes_of(tensor).items()
        if name not in ("_backward_hooks", "_post_accumulate_grad_hooks") or value is not None
    }


def _write_strided(walker: Walker, tensor: Any) -> None:
    walker.tag("strides", tensor.is_conj(), tensor.is_neg(), *layout_of(tensor))
    note_storage(walker, tensor)
    if tensor.ndim:
        walker.trace(tensor, tensor.shape[0])
    write_bytes(walker, bytes_of(tensor))


def layout_of(tensor: Any) -> tuple[int, ...]:
    """The strides that matter: of axes with more than one element."""
    return tuple(
        step if length > 1 else 0
        for length, step in zip(tensor.shape, tensor.stride(), strict=True)
    )


def bytes_of(tensor: Any) -> Any:
    """The elements in C order as plain bytes in memory, not copied when they lie so."""
    plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    with torch.inference_mode(tensor.is_inference()):
        return plain.reshape(-1).view(torch.uint8).numpy()


def note_storage(walker: Walker, tensor: Any) -> None:
    """Report the memory under a tensor, and write where it overlaps with one written before."""
    root = memory_of(tensor)
    walker.parts.add(root)
    if not tensor.numel():
        return
    low = tensor.data_ptr()
    high = low + span_of(tensor)
    if tensor.device.type == "cpu":
        walker.note_span(low, high - low, "torch", storage_of(tensor))
    ranges = walker.memory.setdefault(root, [])
    for number, (other_low, other_high) in enumerate(ranges):
        if low < other_high and other_low < high:
            walker.tag("overlap", number, low - other_low)
    ranges.append((low, high))


def memory_of(tensor: Any) -> int:
    """What stands for the memory under a tensor in parts: its address."""
    return int(tensor.untyped_storage().data_ptr())


def storage_of(tensor: Any) -> tuple[int, int]:
    """What tells the memory of a tensor from another one: its address and its size in bytes."""
    return memory_of(tensor), int(tensor.untyped_storage().nbytes())


def span_of(tensor: Any) -> int:
    """The number of bytes from the first element in memory to the end of the last one."""
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    reach = sum((length - 1) * step for length, step in steps)
    return int((reach + 1) * tensor.element_size()) if tensor.numel() else 0


def _write_sparse(walker: Walker, tensor: Any) -> None:
    parts = sparse_parts(tensor)
    if parts is None:
        raise refuse(tensor, "tensors of this layout have no digest")
    with walker.temporary(parts):
        for part in parts:
            walker.walk(part, "")


def sparse_parts(tensor: Any) -> list[Any] | None:
    """Indices and values of a sparse tensor, None for a layout that is not known."""
    tensor = tensor.detach()
    if tensor.layout == torch.sparse_coo:
        return [tensor._indices(), tensor._values(), tensor.is_coalesced()]
    if tensor.layout == torch.sparse_csr:
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    return None


def write_optimizer(walker: Walker, value: Any) -> None:
    """Write an optimizer by all that it holds; its own pickling tells less.

    Raises Undigestible.
    """
    if next(filled_slots(value), None) is not None:
        raise refuse(value, "its class has slots")
    walker.packages.update(str(kind.__module__).partition(".")[0] for kind in type(value).__mro__)
    attributes = {**vars(value)}
    if counted := counts_steps(value):
        del attributes["step"]
    walker.tag("torch optimizer", counted)
    walker.walk(type(value), ".__class__")
    walker.walk_attributes(dict(sorted(attributes.items())))


def counts_steps(optimizer: Any) -> bool:
    """True when a scheduler has replaced `step` of an optimizer, to see whether it is called.

    What replaces it belongs to the optimizer, which it holds by a weak reference, and keeps nothing
    else: it need not be stored to be made again.
    """
    step = vars(optimizer).get("step")
    if type(step) is not FunctionType or step.__globals__ is not vars(torch.optim.lr_scheduler):
        return False
    plain = type(optimizer).step
    if type(plain) is not FunctionType:
        return False
    attributes = {**vars(plain), "__wrapped__": plain, "_wrapped_by_lr_sched": True}
    held = [cell.cell_contents for cell in step.__closure__ or ()]
    owners = [each() for each in held if type(each) is ReferenceType]
    return vars(step) == attributes and [id(owner) for owner in owners] == [id(optimizer)]


def _dtype(walker: Walker, value: Any) -> None:
    walker.tag("torch constant", str(value))


def _generator(walker: Walker, value: Any) -> None:
    if value is torch.default_generator:  # its state is a condition of its own
        walker.tag("the global generator of torch")
    elif walker.is_first_visit(value):
        _write_generator(walker, value)


def _write_generator(walker: Walker, value: Any) -> None:
    walker.tag("torch.Generator", str(value.device), value.initial_seed())
    walker.data(value.get_state().numpy())


_RULES: dict[type, Rule] = {
    torch.dtype: Rule(_dtype, mutable=False),
    torch.device: Rule(_dtype, mutable=False),
    torch.layout: Rule(_dtype, mutable=False),
    torch.memory_format: Rule(_dtype, mutable=False),
    torch.Generator: Rule(_generator, mutable=False),
}
