"""Nothing in the project depends on where, or on whose machine, it was written."""

import re
import subprocess

import pytest

from contracts.tree import ROOT

# In pieces, so that this file does not match itself.
PLACES = re.compile("|".join([
    r"(?<![\w.])/(?:ho" r"me|ro" r"ot|wo" r"rk|Us" r"ers|t" r"mp|o" r"pt)/[A-Za-z]",
    r"python" r"hosted", r"pypi\." r"org", r"download\." r"pytorch", r"extra-" r"index-url",
]))


def _tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8")
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_machine_paths_or_hosts():
    wrong = []
    for path in _tracked():
        if not path.is_file() or b"\0" in (blob := path.read_bytes()):
            continue
        for number, line in enumerate(blob.decode(errors="replace").splitlines(), 1):
            if PLACES.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", ["cd /ho" "me/me", "see /t" "mp/x", "--extra-" "index-url", "https://pypi." "org/x"])
def test_places_are_recognised(text):
    assert PLACES.search(text)
