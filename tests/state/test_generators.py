"""What a run did to the global random generators."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from jupyterlab_cacheable.state.generators import Generators, RandomUse, put_back, state_of


@pytest.fixture(autouse=True)
def _keep_states() -> Iterator[None]:
    states = random.getstate(), np.random.get_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])


def use_of(run: Callable[[], object], before: Callable[[], object] = lambda: None) -> RandomUse:
    """Entropy at first, then `before` in another cell, then `run` under watch."""
    session = Generators({name: state_of(name) for name in ("random", "numpy.random")})
    before()
    with session.watch(by_name=False) as watched:
        run()
    return watched.use(frozenset())


def test_no_draw_leaves_no_trace() -> None:
    assert use_of(lambda: None) == RandomUse()


@pytest.mark.parametrize(
    ("name", "draw", "seed"),
    [("random", random.random, random.seed), ("numpy.random", np.random.rand, np.random.seed)],
)
class TestGenerator:
    def test_unseeded_draws_are_noted_and_not_repeated(self, name, draw, seed) -> None:
        use = use_of(draw)
        assert (use.conditions, use.effects) == ({}, {})
        assert use.notes == [f"draws from the unseeded generator of {name}: every run differs"]

    def test_a_cell_that_seeds_first_needs_no_condition(self, name, draw, seed) -> None:
        use = use_of(lambda: (seed_of(name)(3), draw()), before=lambda: seed(1))
        assert (list(use.conditions), list(use.effects), use.notes) == ([], [name], [])

    def test_a_seed_that_was_set_already_is_set_by_a_hit_too(self, name, draw, seed) -> None:
        use = use_of(lambda: seed_of(name)(3), before=lambda: seed(3))
        assert (list(use.conditions), list(use.effects), use.notes) == ([], [name], [])

    def test_a_seed_of_another_cell_is_a_condition(self, name, draw, seed) -> None:
        use = use_of(draw, before=lambda: seed(1))
        assert (list(use.conditions), list(use.effects)) == ([name], [name])

    def test_a_seed_after_the_first_draw_is_a_condition(self, name, draw, seed) -> None:
        use = use_of(lambda: (draw(), seed_of(name)(3)), before=lambda: seed(1))
        assert list(use.conditions) == [name]

    def test_seeding_from_the_system_needs_the_condition(self, name, draw, seed) -> None:
        use = use_of(lambda: (seed_of(name)(), draw()), before=lambda: seed(1))
        assert list(use.conditions) == [name]

    def test_the_state_left_is_put_back(self, name, draw, seed) -> None:
        use = use_of(lambda: (seed_of(name)(3), draw()))
        expected = draw()
        seed(99)
        put_back(use.effects)
        assert draw() == expected

    def test_seed_is_itself_again_after_the_run(self, name, draw, seed) -> None:
        use_of(draw)
        assert seed_of(name) == seed


def seed_of(name: str) -> Callable[..., object]:
    """`seed` as user code would look it up at this moment."""
    return random.seed if name == "random" else np.random.seed
