from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from jupyterlab_cacheable.errors import Damaged, StoreError, Untrusted
from jupyterlab_cacheable.store import files
from jupyterlab_cacheable.store.signature import load_secret, seal, subkey, unseal

KEY = subkey(b"s" * 32, "manifest")
TEXT = b'{"a":"\\u00e9 \\"quoted\\""}'


@pytest.fixture
def place(tmp_path):
    return tmp_path / "user" / "data" / "secret"


def test_secret_is_made_once_and_private(place):
    before = os.umask(0)
    try:
        secret = load_secret(place)
    finally:
        os.umask(before)
    assert len(secret) == 32
    assert load_secret(place) == secret
    assert place.read_text() == secret.hex() + "\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert place.stat().st_nlink == 1
    assert [path.name for path in place.parent.iterdir()] == ["secret"]


def test_two_users_have_different_secrets(tmp_path):
    assert load_secret(tmp_path / "a" / "s") != load_secret(tmp_path / "b" / "s")


def test_first_runs_at_once_agree_on_one_secret(place):
    script = (
        "import sys, pathlib; from jupyterlab_cacheable.store.signature import load_secret;"
        "print(load_secret(pathlib.Path(sys.argv[1])).hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, place], stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in started}) == 1


def test_second_of_two_first_runs_keeps_the_first_secret(place, monkeypatch):
    real = files.link
    winner = b"ab" * 32 + b"\n"

    def link(source, target):
        target.write_bytes(winner)
        target.chmod(0o600)
        real(source, target)

    monkeypatch.setattr(files, "link", link)
    assert load_secret(place) == bytes.fromhex("ab" * 32)
    assert [path.name for path in place.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o700, 0o601])
def test_loose_mode_is_refused(place, mode):
    load_secret(place)
    place.chmod(mode)
    with pytest.raises(StoreError, match="mode is not 0600"):
        load_secret(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("what", ["secret", "folder"])
def test_foreign_owner_is_refused(place, what):
    load_secret(place)
    os.chown(place if what == "secret" else place.parent, 12345, 12345)
    with pytest.raises(StoreError, match="another user"):
        load_secret(place)


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_folder_that_others_can_write_is_refused(place, mode):
    load_secret(place)
    place.parent.chmod(mode)
    with pytest.raises(StoreError, match="written by other users"):
        load_secret(place)


@pytest.mark.parametrize(
    "text",
    [b"", b"ab" * 32, b"AB" * 32 + b"\n", b"g" * 64 + b"\n", b"a" * 66, b"a" * 1_000_000],
    ids=len,
)
def test_wrong_content_is_refused(place, text):
    load_secret(place)
    place.write_bytes(text)
    with pytest.raises(StoreError, match=r"wrong size|64 hex digits"):
        load_secret(place)
    assert place.read_bytes() == text


@pytest.mark.parametrize("odd", ["link", "dangling", "pipe", "folder"])
def test_what_is_not_a_file_is_refused(place, odd, tmp_path):
    place.parent.mkdir(parents=True, mode=0o700)
    if odd == "link":
        target = tmp_path / "target"
        target.write_bytes(b"ab" * 32 + b"\n")
        target.chmod(0o600)
        place.symlink_to(target)
    elif odd == "dangling":
        place.symlink_to(tmp_path / "nowhere")
    elif odd == "pipe":
        os.mkfifo(place, 0o600)
    else:
        place.mkdir()
    with pytest.raises(StoreError, match="secret cannot be read"):
        load_secret(place)
    assert not (tmp_path / "nowhere").exists()


def test_no_links_is_a_clear_refusal(place, monkeypatch):
    def link(source, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files, "link", link)
    with pytest.raises(StoreError, match="no links"):
        load_secret(place)
    assert list(place.parent.iterdir()) == []


def test_sub_keys_differ_by_purpose():
    assert len({subkey(b"s" * 32, "manifest"), subkey(b"s" * 32, "index"), KEY}) == 2
    assert subkey(b"t" * 32, "manifest") != KEY


def test_sealed_text_comes_back():
    entry = seal(TEXT, KEY)
    assert unseal(entry, KEY) == TEXT
    assert set(json.loads(entry)) == {"algorithm", "signature", "signed"}


def changed(**changes):
    outer = {**json.loads(seal(TEXT, KEY)), **changes}
    return json.dumps({name: value for name, value in outer.items() if value is not ...}).encode()


SIGNATURE = json.loads(seal(TEXT, KEY))["signature"]


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (changed(signature=...), Untrusted),
        (changed(signature=""), Untrusted),
        (changed(signature=SIGNATURE.upper()), Untrusted),
        (changed(signature=SIGNATURE + "\n"), Untrusted),
        (changed(signature=" " + SIGNATURE), Untrusted),
        (changed(signature=SIGNATURE[:-1]), Untrusted),
        (changed(signature="é\ud800"), Untrusted),
        (changed(signature=None), Damaged),
        (changed(signature=[SIGNATURE]), Damaged),
        (changed(algorithm="none"), Untrusted),
        (changed(algorithm="HMAC-SHA256"), Untrusted),
        (changed(algorithm=None), Untrusted),
        (changed(algorithm=...), Damaged),
        (changed(signed=...), Damaged),
        (changed(signed={"a": 1}), Damaged),
        (changed(signed=TEXT.decode() + " "), Untrusted),
        (changed(signed="é"), Damaged),
        (changed(signed="\ud800"), Damaged),
        (changed(more=1), Damaged),
        (seal(TEXT, KEY).replace(b'{"', b'{"signature":"x","', 1), Damaged),
        (seal(TEXT, KEY)[:-1], Damaged),
        (seal(TEXT, KEY) + b"x", Damaged),
        (b"", Damaged),
        (b"[]", Damaged),
        (b"{}", Untrusted),
        (b"\x80\x04N.", Damaged),
        (b"[" * 100_000, Damaged),
        (b" " * 10_000_000, Damaged),
        (seal(TEXT, subkey(b"t" * 32, "manifest")), Untrusted),
        (seal(TEXT, subkey(b"s" * 32, "other")), Untrusted),
    ],
)
def test_any_other_entry_is_refused(entry, error):
    with pytest.raises(error):
        unseal(entry, KEY)


def test_every_flipped_bit_is_refused():
    entry = seal(TEXT, KEY)
    for position in range(len(entry) * 8):
        flipped = bytearray(entry)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises((Damaged, Untrusted)):
            unseal(bytes(flipped), KEY)
