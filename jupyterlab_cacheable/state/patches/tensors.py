"""Tensors, random generators and optimizers of torch."""

from __future__ import annotations

import sys
from typing import Any

from .containers import items_of, put_dict
from .kind import Kind


def kind_of(value: Any) -> str | None:
    """The name of the kind of a torch object; None for modules and all that is not its own."""
    torch = sys.modules["torch"]
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        return "tensor" if value.layout == torch.strided else None
    return "torch generator" if type(value) is torch.Generator else None


def is_optimizer(value: Any) -> bool:
    """True for an optimizer, whoever wrote its class; torch need not be loaded."""
    optim = getattr(sys.modules.get("torch"), "optim", None)
    return optim is not None and isinstance(value, optim.Optimizer)


def _content(value: Any) -> list[Any]:
    own = {name: held for name, held in vars(value).items() if held is not None}
    return [value.detach().clone(), value.requires_grad, value.grad, items_of(own)]


def _outline(value: Any) -> Any:
    return value.shape, value.dtype, value.device


def _fits(live: Any, content: list[Any]) -> bool:
    new = content[0]
    return bool(live.dtype == new.dtype and live.device == new.device and _reaches(live, new))


def _reaches(live: Any, new: Any) -> bool:
    """Elements are written into the memory there is, unless the tensor was given another shape."""
    return bool(live.shape == new.shape and live.grad_fn is None)


def _put(live: Any, content: list[Any]) -> None:
    new, requires_grad, grad, own = content
    torch = sys.modules["torch"]
    with torch.inference_mode(live.is_inference()), torch.no_grad():
        live.copy_(new)
    live.requires_grad_(requires_grad)
    live.grad = grad
    put_dict(vars(live), own)


def _blank(value: Any) -> Any:
    return value.detach().clone()


def blank_over(value: Any, memories: dict[int, Any]) -> Any:
    """A tensor like `value`; what shares memory does so in scratch too."""
    torch = sys.modules["torch"]
    storage = value.untyped_storage()
    memory = memories.get(storage.data_ptr())
    if memory is None:
        memory = memories[storage.data_ptr()] = storage.clone()
    with torch.inference_mode(value.is_inference()):
        plain = torch.empty(0, dtype=value.dtype, device=value.device)
        plain.set_(memory, value.storage_offset(), value.shape, value.stride())
    if isinstance(value, torch.nn.Parameter):
        return torch.nn.Parameter(plain, requires_grad=value.requires_grad)
    return plain


def _optimizer_content(value: Any) -> tuple[dict[str, Any], bool, Any]:
    from ..reducers.torch_values import optimizer_state

    return optimizer_state(value)


def _put_optimizer(live: Any, content: tuple[dict[str, Any], bool, Any]) -> None:
    from ..rebuild_torch import set_optimizer_state

    set_optimizer_state(live, content)


def is_tensor(value: Any) -> bool:
    """True for a tensor; torch need not be loaded."""
    return type(value).__module__ == "torch" and type(value).__name__ == "Tensor"


def array_over(tensor: Any, memories: dict[int, Any]) -> Any:
    """An array like the one that a tensor makes of itself, over its memory in scratch."""
    return blank_over(tensor, memories).numpy()


KINDS = {
    "tensor": Kind(_content, _blank, _put, _fits, outline=_outline),
    "torch generator": Kind(
        lambda value: value.get_state().numpy().tobytes(),
        lambda value: sys.modules["torch"].Generator(value.device),
        lambda live, content: live.set_state(
            sys.modules["torch"].frombuffer(bytearray(content), dtype=sys.modules["torch"].uint8)
        ),
    ),
    "optimizer": Kind(
        _optimizer_content, lambda value: object.__new__(type(value)), _put_optimizer
    ),
}
