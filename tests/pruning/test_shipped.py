"""Shipped designs repeat byte for byte from the floating-point networks beside them."""

import json
import re
import shlex

import pytest

from contracts.tree import ROOT
from hypgcn.cli import main
from hypgcn_sim.stimuli.clips import RECORDINGS

SHIPPED = sorted(path.parent.name for path in (ROOT / "checkpoints").glob("*/pruned.safetensors"))


@pytest.mark.slow       # minutes of CPU each
@pytest.mark.skipif(not (ROOT / RECORDINGS).exists(), reason=f"there are no recordings in {RECORDINGS}")
@pytest.mark.parametrize("name", SHIPPED)
def test_quantise_and_compile_repeat(name, tmp_path, monkeypatch):
    """The commands are those of the checkpoint's README, with other folders for what they write."""
    monkeypatch.chdir(ROOT)
    folder = ROOT / "checkpoints" / name
    text = (folder / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    hypgcn ((?:quantise|compile) .*)$", text, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["quantise", "compile"]
    for command in commands:
        words = [word.replace(f"build/{name}", str(tmp_path)) for word in shlex.split(command)]
        words[words.index("-o") + 1] = str(tmp_path)
        assert main([word for word in words if word != "--fresh"]) == 0
    weights = "design/weights.safetensors"
    assert (tmp_path / weights).read_bytes() == (folder / weights).read_bytes()
    made, shipped = (json.loads((where / "design/design.json").read_text(encoding="utf-8"))
                     for where in (tmp_path, folder))
    shipped["meta"].pop("test", None)       # `hypgcn evaluate --record` wrote these afterwards
    assert made == shipped and list(made) == list(shipped)


def test_there_are_designs_to_repeat():
    assert SHIPPED == sorted(path.name for path in (ROOT / "checkpoints").iterdir())
