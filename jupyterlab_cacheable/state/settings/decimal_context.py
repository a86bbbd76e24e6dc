"""The context of `decimal`: precision and rounding, and the flags that operations raise."""

from __future__ import annotations

import contextlib
import decimal
from collections.abc import Iterator

from .group import Change, Restorable, Use, Values

_STRANGERS = frozenset(
    "numpy scipy matplotlib torch sklearn tqdm PIL networkx joblib IPython ipykernel".split()
)
_READS_FLAGS = frozenset(
    "flags clear_flags getcontext localcontext setcontext Context ExtendedContext BasicContext "
    "DefaultContext".split()
)


class DecimalContext(Restorable):
    """Everything of the context but its flags."""

    name = "decimal context"

    def read(self) -> Values:
        return _told(decimal.getcontext())

    def defaults(self) -> Values:
        return _told(decimal.DefaultContext)

    def felt(self, use: Use) -> bool:
        """Code that names decimals, meets them or uses a library that may make them."""
        named = use.mentions({"decimal", "Decimal", *_READS_FLAGS})
        return named or use.decimals or bool(use.packages - _STRANGERS)

    def put(self, change: Change) -> None:
        context = decimal.getcontext()
        for name, value in change.items():
            if name == "traps":
                for signal in context.traps:
                    context.traps[signal] = signal.__name__ in value
            else:
                setattr(context, name, value)


def _told(context: decimal.Context) -> Values:
    plain = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
    traps = sorted(signal.__name__ for signal, is_on in context.traps.items() if is_on)
    return {**{name: getattr(context, name) for name in plain}, "traps": traps}


class DecimalFlags(Restorable):
    """The flags of the context: every inexact division raises two of them."""

    name = "decimal flags"

    def read(self) -> Values:
        return {name.__name__: bool(up) for name, up in decimal.getcontext().flags.items()}

    def defaults(self) -> Values:
        return {signal.__name__: False for signal in decimal.getcontext().flags}

    def felt(self, use: Use) -> bool:
        return reads_flags(use)

    def put(self, change: Change) -> None:
        flags = decimal.getcontext().flags
        for signal in flags:
            if signal.__name__ in change:
                flags[signal] = change[signal.__name__]


def reads_flags(use: Use) -> bool:
    """Whether the code can see which flags are up."""
    return use.mentions(_READS_FLAGS)


@contextlib.contextmanager
def flags_lowered() -> Iterator[Change]:
    """Lower all flags, so that those are seen which a run raises although they were up before.

    Afterwards the old ones are up again, too, and the change that is given out is filled.
    """
    flags = decimal.getcontext().flags
    up = [signal for signal, is_up in flags.items() if is_up]
    raised: Change = {}
    for signal in up:
        flags[signal] = False
    try:
        yield raised
    finally:
        flags = decimal.getcontext().flags
        raised.update({s.__name__: True for s, is_up in flags.items() if is_up})
        for signal in up:
            flags[signal] = True
