"""What is certainly bound at one point of a cell, and where a name is looked up there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Bindings:
    """The names certainly bound at one point, as (depth of the class body or 0, name).

    ``alive`` is False behind ``break``, ``raise`` and the like, where no flow arrives.
    """

    bound: frozenset[tuple[int, str]] = frozenset()
    alive: bool = True

    def bind(self, depth: int, name: str) -> Bindings:
        return replace(self, bound=self.bound | {(depth, name)})

    def without(self, names: set[str]) -> Bindings:
        kept = frozenset(entry for entry in self.bound if entry[1] not in names)
        return replace(self, bound=kept)

    def leave(self, depth: int) -> Bindings:
        return replace(self, bound=frozenset(entry for entry in self.bound if entry[0] != depth))

    def dead(self) -> Bindings:
        return replace(self, alive=False)


def join(*states: Bindings) -> Bindings:
    """Return what holds where several flows meet."""
    alive = [state for state in states if state.alive]
    if not alive:
        return states[0].dead()
    return Bindings(frozenset.intersection(*(state.bound for state in alive)))


@dataclass
class Loop:
    """The states in which ``break`` and ``continue`` leave the body of a loop."""

    breaks: list[Bindings] = field(default_factory=list)
    continues: list[Bindings] = field(default_factory=list)


@dataclass(frozen=True)
class Scope:
    """Where names are looked up: the cell (depth 0), a class body, or a comprehension in one."""

    depth: int = 0
    class_name: str | None = None
    declared_global: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()  # loop variables of the comprehensions around

    def mangle(self, name: str) -> str:
        private = name.startswith("__") and not name.endswith("__") and "." not in name
        owner = (self.class_name or "").lstrip("_")
        return f"_{owner}{name}" if private and owner else name
