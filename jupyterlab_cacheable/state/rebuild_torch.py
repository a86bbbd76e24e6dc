"""Functions that a state stream calls to make torch objects. Only imported for such streams.

Their names are part of the stored format, like those of `rebuild`.
"""

from __future__ import annotations

import functools
from typing import Any

import torch

from ..digest.tensors import counts_steps

_SMALL = 1 << 20
"""Bytes up to which memory is copied: torch can then resize it, as it could after a run."""


def memory(buffer: Any) -> Any:
    """A storage over the bytes of the blob, or with a copy of them."""
    view = memoryview(buffer)
    if not view.nbytes:
        return torch.empty(0, dtype=torch.uint8).untyped_storage()
    with torch.inference_mode(False):
        if view.nbytes > _SMALL and not view.readonly:
            return torch.frombuffer(view, dtype=torch.uint8).untyped_storage()
        return torch.frombuffer(bytearray(view), dtype=torch.uint8).clone().untyped_storage()


def tensor(
    storage: Any,
    dtype: str,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    conj: bool,
    neg: bool,
    device: str,
    kind: type,
    requires_grad: bool,
    inference: bool,
) -> Any:
    """A tensor over a storage."""
    with torch.inference_mode(inference):
        plain = torch.empty(0, dtype=getattr(torch, dtype))
        made = plain.set_(storage, offset, shape, strides).to(device)
        return _finished(made, conj, neg, kind, requires_grad)


def view(
    base: Any,
    dtype: str,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    start: int,
    conj: bool,
    neg: bool,
    kind: type,
    requires_grad: bool,
    inference: bool,
) -> Any:
    """A tensor over the memory of a live one, `start` bytes after its first element."""
    with torch.inference_mode(inference), torch.no_grad():
        plain = torch.empty(0, dtype=getattr(torch, dtype), device=base.device)
        first = base.storage_offset() * base.element_size() + start
        offset = first // plain.element_size()
        made = plain.set_(base.untyped_storage(), offset, shape, strides)
        return _finished(made, conj, neg, kind, requires_grad)


def array(tensor: Any) -> Any:
    """An array over the memory of a tensor."""
    return tensor.detach().numpy()


def sparse(
    parts: list[Any],
    shape: tuple[int, ...],
    device: str,
    kind: type,
    requires_grad: bool,
    inference: bool,
) -> Any:
    """A sparse tensor of its indices and values."""
    with torch.inference_mode(inference):
        if isinstance(parts[2], bool):
            coalesced: Any = {"is_coalesced": parts[2], "check_invariants": False}
            made = torch.sparse_coo_tensor(*parts[:2], shape, **coalesced)
        else:
            made = torch.sparse_csr_tensor(*parts, shape, check_invariants=False)
        return _finished(made.to(device), False, False, kind, requires_grad)


def _finished(made: Any, conj: bool, neg: bool, kind: type, requires_grad: bool) -> Any:
    made = torch._neg_view(made) if neg else made
    made = made.conj() if conj else made
    if kind is not torch.Tensor:
        return torch.Tensor._make_subclass(kind, made, requires_grad)
    return made.requires_grad_() if requires_grad else made


def set_tensor_state(made: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give a tensor its gradient and what was set on it."""
    grad, attributes = state
    if grad is not None:
        made.grad = grad
    for name, value in attributes.items():
        setattr(made, name, value)


def generator(device: str, state: bytes) -> Any:
    """A random generator in a state."""
    made = torch.Generator(device)
    made.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
    return made


class _Watcher(torch.optim.lr_scheduler.LRScheduler):  # type: ignore[misc]
    """A scheduler that does nothing but replace the `step` of its optimizer."""

    def _initial_step(self) -> None: ...


def set_optimizer_state(optimizer: Any, state: tuple[dict[str, Any], bool, Any]) -> None:
    """Give an optimizer its attributes, and `step` as a scheduler has replaced it.

    The last of the state is the installed class whose method `step` calls hooks, if it is one.
    """
    attributes, counted, owner = state
    own, attributes = vars(optimizer), dict(attributes)
    if owner is not None:  # the first optimizer of a class does this; there may be none yet
        owner.__new__(owner)._patch_step_function()
    if counted:
        known = counts_steps(optimizer)
        attributes["step"] = own["step"] if known else _counting_step(optimizer)
    own.clear()
    own.update(attributes)


def _counting_step(optimizer: Any) -> Any:
    """What a scheduler replaces `step` by; the optimizer is left without attributes."""
    if not hasattr(type(optimizer).step, "hooked"):
        raise ValueError("the class of an optimizer does not call hooks")
    own = vars(optimizer)
    own.clear()
    own["param_groups"] = []  # a scheduler would write learning rates into what stands here
    _Watcher(optimizer)
    step = own["step"]
    own.clear()
    return step


def hooked_step() -> Any:
    """A method that calls the hooks of optimizers around another one, which its state names."""

    def nothing() -> None: ...

    return torch.optim.Optimizer.profile_hook_step(nothing)


def set_hooked_step(made: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Let a method call another one around which it calls hooks."""
    plain, attributes = state
    cells = dict(zip(made.__code__.co_freevars, made.__closure__, strict=True))
    cells["func"].cell_contents = plain
    functools.update_wrapper(made, plain)
    vars(made).clear()
    vars(made).update(attributes)
