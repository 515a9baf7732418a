"""``hypgcn activity``: what it measures is what the golden stores were given."""

import json

import numpy as np
import pytest

from hypgcn.cli import main
from hypgcn.design.presets import preset
from hypgcn.golden.network import run as golden
from hypgcn.golden.rfc.store import row_usage
from hypgcn.planning.estimate import load_activities, load_clips
from hypgcn.testbench.clips import generated_clip


def test_measured_with_golden(tmp_path, capsys):
    design = preset("tiny")
    assert main(["activity", "tiny", "--clips", "2", "--jobs", "1", "--cache", str(tmp_path), "-o",
                 str(tmp_path / "a.json")]) == 0
    assert "a.json" in capsys.readouterr().out
    found = load_activities(tmp_path / "a.json", design)
    clips = [golden(design, generated_clip(design, 1000 + number)) for number in range(2)]
    for index, each in enumerate(found):
        windows = {"x": design.blocks[index].x_window, "h": design.blocks[index].h_window}
        for store, name in (("x", f"blocks.{index - 1}.y" if index else "x1"), ("h", f"blocks.{index}.h")):
            usage = np.array([[[row_usage(row) for row in person] for person in clip[name]] for clip in clips])
            sums = [usage[:, :, start:start + windows[store]].sum(axis=2) for start in range(usage.shape[2])]
            largest, mean = each.usage(store)
            assert largest == tuple(np.max(sums, axis=(0, 1, 2)))
            assert mean == pytest.approx(usage.mean(axis=(0, 1, 2)))


def test_of_every_clip(tmp_path):
    """Single clips by themselves; their mean is that of all; training clips are others."""
    found = {}
    for part in ("train", "test"):
        path = tmp_path / f"{part}.json"
        assert main(["activity", "tiny", "--clips", "2", "--jobs", "1", "--cache", str(tmp_path), "--part", part, "-o",
                     str(path)]) == 0
        assert json.loads(path.read_text(encoding="utf-8"))["clips"] == f"2 {part} clips, 0 of them recorded"
        found[part] = load_clips(path, preset("tiny"))
        for index, block in enumerate(load_activities(path, preset("tiny"))):
            for name in ("x_channels", "x_banks", "h_banks"):
                assert getattr(block, name) == pytest.approx(
                    np.mean([getattr(clip[index], name) for clip in found[part]], axis=0))
    assert found["train"][0] != found["test"][0]


@pytest.mark.parametrize(("words", "text"), [
    (["--clips", "0"], "--clips must be at least 1, not 0"), (["--jobs", "0"], "--jobs must be at least 1, not 0")])
def test_bad_requests(words, text, capsys):
    assert main(["activity", "tiny", *words]) == 2
    assert text in capsys.readouterr().err
