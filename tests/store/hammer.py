"""One process of the hammer test: `python -m tests.store.hammer SECONDS KEYS SEED`.

Prints how often each thing happened, as one JSON object; any exception ends the process.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter

from jupyterlab_cacheable.errors import StoreError
from jupyterlab_cacheable.store import Store
from jupyterlab_cacheable.store.index import Index
from tests.store.samples import manifest, publish, read, value


def save(store: Store, number: int) -> str:
    try:
        publish(store, number)
    except StoreError as error:
        # Another process removed the entry, with its blobs, while it was being saved.
        if "cleared while it was being saved" not in str(error):
            raise
        return "publish lost to remove"
    return "publish"


def look_up(store: Store, number: int) -> str:
    outcome, found, sentence = read(store, number)
    if outcome == "hit":
        return "hit" if found == value(number) else "wrong"
    return "miss" if sentence == "there is no entry" else f"miss: {sentence}"


def show(store: Store, index: Index) -> str:
    index.refresh()
    rows = index.rows()
    shown = store.manifests(row.id for row in rows)
    problems = [item for item in [*shown.values()] if isinstance(item, StoreError)]
    problems += [row for row in rows if row.problem]
    return "list with problem" if problems else "list"


def clear(store: Store, number: int) -> str:
    return "remove" if store.remove([manifest(number).id]).count else "remove of nothing"


def main() -> None:
    seconds, keys, seed = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    numbers = random.Random(seed)
    store = Store.open()
    index = Index(store)
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        number, chance = numbers.randrange(keys), numbers.random()
        if chance < 0.35:
            counts[save(store, number)] += 1
        elif chance < 0.8:
            counts[look_up(store, number)] += 1
        elif chance < 0.85:
            counts[show(store, index)] += 1
        else:
            counts[clear(store, number)] += 1
        store.log_run({"at": "2026-01-01T00:00:00.000Z", "outcome": "HIT"})
    index.close()
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
