"""Work that joblib gives to other processes, and programs that libraries ask about the machine."""

from __future__ import annotations

from collections.abc import Callable

from tests.kernel.kernels import Kernel

MODELS = """
import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
X = np.random.default_rng(0).normal(size=(200_000, 3))
y = (X[:, 0] > 0).astype(int)
def score(model, X, y): return 1.0
"""
SEARCH = """%%cacheable
grid = {"C": [0.1, 1]}
search = GridSearchCV(LogisticRegression(), grid, cv=2, n_jobs=2).fit(X, y)
search.best_params_"""


def test_a_search_in_parallel_is_stored(start: Callable[..., Kernel]) -> None:
    words = []
    for _ in range(2):
        kernel = start()
        kernel.run(MODELS, "models")
        ran = kernel.run(SEARCH, "search")
        words.append(ran.word)
        assert kernel.value("bool(search.best_score_ > 0.9)") == "True"
    assert words == ["MISS", "HIT"], ran.why


def test_code_of_the_user_in_other_processes_is_refused(kernel: Kernel) -> None:
    kernel.run(MODELS)
    call = "cross_val_score(LogisticRegression(), X[:99], y[:99], cv=2, scoring=score"
    ran = kernel.run(f"%%cacheable\nfound = {call}, n_jobs=2)")
    assert ran.word == "UNCACHED"
    assert "where 'score' cannot be followed; use n_jobs=1" in ran.why
    assert kernel.run(f"%%cacheable\nfound = {call})").word == "MISS"
    ran = kernel.run("%%cacheable\nParallel(n_jobs=2)(delayed(lambda x: x)(i) for i in range(3))")
    assert "'<lambda>' cannot be followed" in ran.why


def test_a_question_about_the_machine_is_no_process_of_the_cell(kernel: Kernel) -> None:
    kernel.run(
        "from joblib.externals.loky.backend import context\ncontext.physical_cores_cache = None"
    )
    assert (
        kernel.run("%%cacheable\ncores = context.cpu_count(only_physical_cores=True) > 0").word
        == "MISS"
    )
