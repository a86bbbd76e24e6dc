"""A process that is killed in the middle: `python -m tests.store.crash ACTION NTH`.

Publishes or removes entry 3 and dies, without any clean-up, before the NTH file operation; exits
normally when there are fewer.
"""

from __future__ import annotations

import os
import sys

from jupyterlab_cacheable.store import Store, files
from tests.store.samples import manifest, publish

OPERATIONS = ("create", "write", "set_mode", "fsync", "close", "rename", "sync_folder", "unlink")


def main() -> None:
    action, nth = sys.argv[1], int(sys.argv[2])
    store = Store.open()
    done = 0

    def dying(real):
        def operation(*arguments):
            nonlocal done
            done += 1
            if done == nth:
                os._exit(137)
            return real(*arguments)

        return operation

    for name in OPERATIONS:
        setattr(files, name, dying(getattr(files, name)))
    if action == "publish":
        publish(store, 3)
    else:
        store.remove([manifest(3).id])


if __name__ == "__main__":
    main()
