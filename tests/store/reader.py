"""A fresh process that reads stores back: `python -m tests.store.reader STORE... -- NUMBER...`.

Prints one JSON object: store -> number -> [outcome, whether the value is right, why]. The value
is unpickled, as a kernel would, once the store has handed it out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from jupyterlab_cacheable.store import Store
from jupyterlab_cacheable.store.index import Index
from tests.store.samples import read, value


def main() -> None:
    split = sys.argv.index("--")
    numbers = [int(text) for text in sys.argv[split + 1 :]]
    report = {}
    for place in sys.argv[1:split]:
        store = Store.open(Path(place))
        index = Index(store, Path(place).with_suffix(".sqlite"))
        index.refresh()
        report[place] = {"listed": len(index.rows()), "ids": len(list(store.ids()))}
        for number in numbers:
            outcome, found, sentence = read(store, number)
            report[place][number] = [outcome, found == value(number), sentence]
    print(json.dumps(report))


if __name__ == "__main__":
    main()
