"""``npm run oracle -- FOLDER_OR_NOTEBOOK...``: run notebooks three ways and compare."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .kernel import environment
from .report import as_json, details, table
from .running import CELL_TIMEOUT, Options, Place
from .trial import Trial, three_ways

WARM = "import importlib.util as u\nif u.find_spec('matplotlib'): import matplotlib.pyplot"


def arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="npm run oracle --",
        description="Run notebooks plain, as misses and as hits, and compare everything.",
    )
    parser.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of notebooks")
    parser.add_argument("--store", type=Path, help="use this store instead of an empty one each")
    parser.add_argument("--keep", action="store_true", help="keep the copies and the stores")
    parser.add_argument("--jobs", type=int, default=1, help="notebooks at the same time")
    parser.add_argument("--json", type=Path, help="write everything that was found to this file")
    parser.add_argument("--timeout", type=float, default=CELL_TIMEOUT, help="seconds for a cell")
    parser.add_argument(
        "--no-cell-ids", action="store_true", help="send requests as nbclient does, without ids"
    )
    parser.add_argument(
        "--allow-errors", action="store_true", help="go on after every cell that raises"
    )
    parser.add_argument(
        "--each-cell", action="store_true", help="compare the state after every cell"
    )
    return parser.parse_args(words)


def notebooks(paths: Sequence[Path]) -> list[Path]:
    """The notebooks that are named, and those in the folders that are named, without checkpoints."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        found += [one for one in inside if ".ipynb_checkpoints" not in one.parts]
    return list(dict.fromkeys(one.resolve() for one in found))


def warm_up(settings: Path) -> None:
    """Let matplotlib make its list of fonts once: doing so prints, and takes its time."""
    settings.mkdir(parents=True, exist_ok=True)
    env = environment(settings / "unused", settings)
    subprocess.run([sys.executable, "-c", WARM], env=env, check=True, capture_output=True)


def compare(
    paths: Sequence[Path], root: Path, given: argparse.Namespace, say: Callable[[str], None]
) -> Iterator[Trial]:
    """Every notebook three ways, in order; `say` hears of each run when it is over."""
    settings = root / "settings"
    warm_up(settings)
    options = Options(
        cell_ids=not given.no_cell_ids,
        allow_errors=given.allow_errors,
        each_cell=given.each_cell,
        timeout=given.timeout,
    )

    def one(numbered: tuple[int, Path]) -> Trial:
        number, path = numbered
        title = f"[{number}/{len(paths)}] {path.name}"
        own = root / f"{number}-{path.stem}"
        place = Place(own, settings, given.store.resolve() if given.store else own / "store")
        trial = three_ways(path, place, options, lambda text: say(f"{title}: {text}"))
        say(f"{title}: {trial.hits} of {len(trial.marked)} hit, {len(trial.found)} differences")
        return trial

    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        yield from pool.map(one, enumerate(paths, start=1))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(words: Sequence[str]) -> int:
    """0 when nothing differs, 1 when something does, 2 when there is nothing to run."""
    given = arguments(words)
    paths = notebooks(given.paths)
    if not paths:
        print("There is no notebook.", file=sys.stderr)
        return 2
    root = Path(tempfile.mkdtemp(prefix="oracle-"))
    trials: list[Trial] = []
    try:
        for trial in compare(paths, root, given, say):
            trials.append(trial)
            print(f"{trial.notebook}\n{details(trial)}", flush=True)
    finally:
        finish(root, keep=given.keep)
    print(f"\n{table(trials)}")
    if given.json:
        given.json.write_text(json.dumps([as_json(one) for one in trials], indent=1))
    return 1 if any(trial.found for trial in trials) else 0


def finish(root: Path, *, keep: bool) -> None:
    """Remove the copies, or say where they are."""
    if keep:
        print(f"kept in {root}", file=sys.stderr)
        return
    import shutil

    shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
