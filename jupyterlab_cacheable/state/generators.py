"""The global random generators: what a cell found, what it left, and whether it seeded itself.

A cell may draw from `random`, from numpy's legacy functions or from torch (on the processor). What
it leaves is put back on a hit.
What it found is a condition of the entry, with two exceptions in which the result cannot depend on
an earlier cell: the cell seeded the generator before its first draw, or the generator still stands
where the operating system's entropy put it when this session began.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

State = Any


@dataclass(frozen=True)
class _Generator:
    """One global generator: the module that makes it exist, and how it is read, set and seeded.

    ``seeders`` are the places where its seeding function is looked up: (module, attribute).
    """

    name: str
    module: str
    owner: str
    getter: str
    setter: str
    seeders: tuple[tuple[str, str], ...]

    def _owner(self) -> Any:
        return sys.modules.get(self.owner) if self.module in sys.modules else None

    def state(self) -> State | None:
        owner = self._owner()
        getter = getattr(owner, self.getter, None)  # absent while the module is being loaded
        state: Any = None if getter is None else getter()
        return state.numpy().tobytes() if hasattr(state, "numpy") else state

    def put(self, state: State) -> None:
        __import__(self.owner)
        owner: Any = sys.modules[self.owner]
        if isinstance(state, bytes):
            torch: Any = sys.modules["torch"]
            state = torch.frombuffer(bytearray(state), dtype=torch.uint8)
        getattr(owner, self.setter)(state)

    @contextlib.contextmanager
    def watch_seeding(self, before: State | None) -> Iterator[list[bool]]:
        """Collects one True if the first use of `seed` came while the state was still `before`."""
        seen: list[bool] = []
        with contextlib.ExitStack() as stack:
            for module, attribute in self.seeders:
                if hasattr(sys.modules.get(module), attribute) and before is not None:
                    stack.enter_context(self._wrapped(module, attribute, before, seen))
            yield seen

    @contextlib.contextmanager
    def _wrapped(
        self, module: str, attribute: str, before: State, seen: list[bool]
    ) -> Iterator[None]:
        owner: Any = sys.modules[module]
        original = getattr(owner, attribute)

        def seed(*arguments: Any, **keywords: Any) -> Any:
            if not seen:
                given = bool(arguments or keywords) and arguments[:1] != (None,)
                seen.append(given and same(self.state(), before))
            return original(*arguments, **keywords)

        setattr(owner, attribute, seed)
        try:
            yield
        finally:
            if getattr(owner, attribute) is seed:
                setattr(owner, attribute, original)


_GENERATORS = (
    _Generator("random", "random", "random", "getstate", "setstate", (("random", "seed"),)),
    _Generator(
        "numpy.random",
        "numpy",
        "numpy.random",
        "get_state",
        "set_state",
        (("numpy.random", "seed"),),
    ),
    _Generator(
        "torch",
        "torch",
        "torch.random",
        "get_rng_state",
        "set_rng_state",
        (("torch", "manual_seed"), ("torch.random", "manual_seed")),
    ),
)
SEEDERS = frozenset({"seed", "manual_seed"})
_SETTERS = frozenset("seed set_state setstate manual_seed set_rng_state set_bit_generator".split())


def existing() -> set[str]:
    """Names of the generators whose modules are loaded."""
    return {generator.name for generator in _GENERATORS if generator.owner in sys.modules}


def state_of(name: str) -> State | None:
    """The state of one generator now."""
    return next(g.state() for g in _GENERATORS if g.name == name)


def same(one: State | None, other: State | None) -> bool:
    """Whether two states are equal; numpy's holds an array."""
    return _text(one) == _text(other)


def _text(state: State | None) -> str:
    if state is None:
        return ""
    from ..digest import digest  # the kernel's start is spared the walker

    return digest(state, definition=lambda _value: None).text


@dataclass
class RandomUse:
    """How a run used the global generators.

    ``conditions`` maps a generator to the digest of the state it must be found in, ``effects`` to
    the state the run left, ``refusal`` names what cannot be put back.
    """

    conditions: dict[str, str] = field(default_factory=dict)
    effects: dict[str, State] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refusal: str | None = None


class Generators:
    """Follows the global generators through one kernel session.

    `entropy` maps a generator to the state in which the operating system's entropy left it; for
    one that is not in it, nothing is known about what cells did before.
    """

    def __init__(self, entropy: Mapping[str, State]) -> None:
        self._entropy = {name: _text(state) for name, state in entropy.items()}

    def digests(self) -> dict[str, str]:
        """Digest of each generator's state; "" for one whose module is not loaded."""
        return {generator.name: _text(generator.state()) for generator in _GENERATORS}

    def add_entropy(self, name: str, state: State) -> None:
        """Note the state of a generator that was loaded by a cell which cannot have seeded it."""
        self._entropy[name] = _text(state)

    @contextlib.contextmanager
    def watch(self, by_name: bool) -> Iterator[Watched]:
        """Watch one run of a cell; `by_name` tells that it may keep `seed` itself under a name,
        which then must not be our wrapper.
        """
        before = {g.name: g.state() for g in _GENERATORS}
        watched = Watched(before, self._entropy, is_seeding_seen=not by_name)
        with contextlib.ExitStack() as stack:
            for generator in () if by_name else _GENERATORS:
                seeding = generator.watch_seeding(before[generator.name])
                watched.seeded[generator.name] = stack.enter_context(seeding)
            yield watched


class Watched:
    """The generators around one run; `is_seeding_seen` unless it may seed behind our back."""

    def __init__(
        self,
        before: Mapping[str, State | None],
        entropy: dict[str, str],
        *,
        is_seeding_seen: bool = True,
    ) -> None:
        self.before = dict(before)
        self._is_seeding_seen = is_seeding_seen
        self.seeded: dict[str, list[bool]] = {}
        self._entropy = entropy
        self._on_gpu = _gpu_states()

    def use(self, mentioned: frozenset[str]) -> RandomUse:
        """Judge the run; `mentioned` are the attribute and variable names its code uses."""
        use = RandomUse()
        sets_state = bool(mentioned & _SETTERS)
        for generator in _GENERATORS:
            state = self.before[generator.name]
            if generator.getter in mentioned and state is not None:
                use.conditions[generator.name] = _text(state)
        for generator in _GENERATORS:
            self._judge(generator, sets_state, use)
            if generator.name not in use.effects:
                self._judge_unmoved(generator, mentioned, use)
        if _gpu_states() != self._on_gpu:
            use.refusal = "it moves the random generator of torch on a GPU"
        return use

    def _judge(self, generator: _Generator, sets_state: bool, use: RandomUse) -> None:
        name, now, before = generator.name, generator.state(), self.before[generator.name]
        loaded_here = before is None
        if now is None or (loaded_here and not sets_state):
            return
        if not loaded_here and same(now, before):
            return
        entropy = loaded_here or _text(before) == self._entropy.get(name)
        seeds = self.seeded.get(name, [])
        if entropy and not seeds and not sets_state:
            use.notes.append(f"draws from the unseeded generator of {name}: every run differs")
            self._entropy[name] = _text(now)  # what follows can be foreseen as little
            return
        use.effects[name] = now
        if not (entropy or seeds[:1] == [True]):
            use.conditions[name] = _text(before)

    def _judge_unmoved(
        self, generator: _Generator, mentioned: frozenset[str], use: RandomUse
    ) -> None:
        """A run may have set a generator to the very state it was in."""
        name, before = generator.name, self.before[generator.name]
        if before is None or not same(generator.state(), before):
            return
        if self.seeded.get(name, [])[:1] == [True]:
            use.effects[name] = before
            return
        # No seed leads back to the entropy of the operating system.
        may_be_seeded = not self._is_seeding_seen and _text(before) != self._entropy.get(name)
        if generator.setter in mentioned or may_be_seeded:
            use.conditions[name] = _text(before)


def _gpu_states() -> list[bytes]:
    """States of torch's generators on GPUs, which are not put back; none before their first use."""
    cuda: Any = sys.modules.get("torch.cuda")
    if cuda is None or not getattr(cuda, "is_initialized", bool)():
        return []
    return [state.numpy().tobytes() for state in cuda.get_rng_state_all()]


def put_back(states: Mapping[str, State]) -> None:
    """Set the generators to the states a run left."""
    for generator in _GENERATORS:
        if generator.name in states:
            generator.put(states[generator.name])
