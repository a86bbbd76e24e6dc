"""torch: tensors with their storage, generators, and the small types."""

from __future__ import annotations

import sys
from typing import Any

from .walker import Describer, Rule, Tree, digest, is_kind, name_of, text_of


def tensor(describer: Describer, value: Any) -> Tree:
    """A tensor bit by bit, with its gradient and the buffers it shares memory with."""
    tree = [
        describer.kind(value),
        str(value.dtype),
        list(value.shape),
        str(value.device),
        str(value.layout),
        [bool(value.requires_grad), bool(value.is_leaf), type(value.grad_fn).__name__],
    ]
    if str(value.layout) != "torch.strided" or value.is_quantized:
        return [*tree, text_of(value)]
    gradient = value.grad if value.is_leaf else None
    return [
        *tree,
        list(value.stride()),
        digest(raw_bytes(value)),
        describer.describe(gradient, ".grad"),
        describer.attributes(value),
        span(describer, value),
    ]


def raw_bytes(value: Any) -> bytes:
    torch = sys.modules["torch"]
    flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy().tobytes()) if flat.numel() else b""


def span(describer: Describer, value: Any) -> list[Tree]:
    """Tensors overlap when their storages do; their own extents are compared by offset."""
    if value.device.type != "cpu":
        return []
    storage = value.untyped_storage()
    start = storage.data_ptr()
    sharing = describer.memory.add(start, start + storage.nbytes(), None, describer.path)
    return [value.storage_offset(), sharing]


def generator(_: Describer, value: Any) -> Tree:
    if value is sys.modules["torch"].default_generator:
        return ["the generator of torch"]
    return ["torch.Generator", str(value.device), digest(value.get_state().numpy().tobytes())]


def by_text(_: Describer, value: Any) -> Tree:
    return [name_of(type(value)), text_of(value)]


def storage(_: Describer, value: Any) -> Tree:
    return [name_of(type(value)), value.nbytes(), digest(bytes(value.untyped().tolist()))]


RULES: tuple[Rule, ...] = (
    (is_kind("torch", "Tensor"), tensor),
    (is_kind("torch", "Generator"), generator),
    (is_kind("torch", "dtype", "device", "layout", "memory_format"), by_text),
    (is_kind("torch", "UntypedStorage", "TypedStorage"), storage),
)
