"""Thousands of generated values: what differs has other digests, what is equal the same."""

import json
import os
import pickle
import random
import subprocess
import sys

from jupyterlab_cacheable.digest.files import look
from tests.digest.generated import Maker, near, rebuilt

DIFFERENT = 4000
EQUAL = 1000
FILES = 400


def value(seed):
    return Maker(seed).value()


def test_no_value_that_is_almost_the_same_shares_a_digest(text):
    equal = []
    for seed in range(DIFFERENT):
        made = value(seed)
        other = near(made, random.Random(seed))
        if text(made) == text(other):
            equal.append((seed, made, other))
    assert equal == []


def test_a_value_that_is_built_in_another_way_keeps_its_digest(text):
    unequal = []
    for seed in range(EQUAL):
        made = value(seed)
        for other in (rebuilt(made, random.Random(seed)), pickle.loads(pickle.dumps(made, 5))):
            if text(made) != text(other):
                unequal.append((seed, made, other))
    assert unequal == []


def test_another_process_gives_the_same_digests(text):
    script = (
        "import json, sys\n"
        "from jupyterlab_cacheable.digest import digest\n"
        "from tests.digest.conftest import define\n"
        "from tests.digest.test_generated import EQUAL, value\n"
        "texts = (digest(value(n), definition=define).text for n in range(EQUAL))\n"
        "print(json.dumps(list(texts)))"
    )
    seed = "4242" if os.environ.get("PYTHONHASHSEED") != "4242" else "17"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [text(value(seed)) for seed in range(EQUAL)]


def test_no_file_that_is_almost_the_same_shares_a_digest(tmp_path):
    """Equal size, time and name, one bit or the order of two bytes."""
    equal = []
    for seed in range(FILES):
        chosen = random.Random(seed)
        content = bytearray(chosen.randbytes(chosen.choice([1, 2, 16, 240, 241, 4096, 70_000])))
        answers = []
        for name in ("one", "other"):
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            file = folder / f"{seed}.bin"
            file.write_bytes(content)
            os.utime(file, (1, 1))
            answers.append(look(str(file), "content"))
            change_file(content, chosen)
        if answers[0] == answers[1]:
            equal.append(seed)
    assert equal == []


def change_file(content, chosen):
    place = chosen.randrange(len(content))
    other = chosen.randrange(len(content))
    kind = chosen.choice(["bit", "swap", "longer", "zero"])
    if kind == "swap" and content[place] != content[other]:
        content[place], content[other] = content[other], content[place]
    elif kind == "longer":
        content.insert(place, content[place])
    elif kind == "zero":
        content.append(0)
    else:
        content[place] ^= 1 << chosen.randrange(8)
