"""``hypgcn golden`` gives the golden model's logits, whatever the number of processes."""

import numpy as np
import pytest

from hypgcn.cli import main
from hypgcn.design.presets import random_design
from hypgcn.golden.network import run
from hypgcn_sim.commands.golden import golden_logits


@pytest.fixture(scope="module")
def design():
    return random_design(0, name="d", frames=7, joints=3, persons=2, classes=3, kernel=5, widths=(20, 20),
                         strides=(1, 2), keep=0.5, margin=0.5)


@pytest.fixture(scope="module")
def clips(design):
    return np.random.default_rng(1).integers(-128, 128, (5, 2, 7, 3, 3)).astype(np.int8)


@pytest.mark.parametrize("jobs", [1, 2])
def test_command(design, clips, tmp_path, capsys, jobs):
    design.save(tmp_path / "d")
    np.savez(tmp_path / "c.npz", clips=clips)
    words = ["golden", str(tmp_path / "d"), str(tmp_path / "c.npz"), "--jobs", str(jobs), "-o"]
    assert main([*words, str(tmp_path / "out/l.npz")]) == 0
    assert "golden model: 5 clips done" in capsys.readouterr().err
    expected = [run(design, clip) for clip in clips]
    with np.load(tmp_path / "out/l.npz") as found:
        np.testing.assert_array_equal(found["logits"], [e["logits"] for e in expected])
        np.testing.assert_array_equal(found["overflow"], [e["overflow_count"] for e in expected])
        assert found["logits"].dtype == np.int64 and found["overflow"].any() and str(found["hash"]) == design.hash


def test_progress(design, clips):
    seen = []
    golden_logits(design, clips, progress=lambda *step: seen.append(step))
    assert seen == [(n, 5) for n in range(1, 6)]


@pytest.mark.parametrize(("content", "words", "match"), [
    ({"clips": np.zeros((2, 2, 7, 4, 3), np.int8)}, (), r"clips must be int8 of shape \(clips, 2, 7, 3, 3\), at least"),
    ({"clips": np.zeros((2, 2, 7, 3, 3), np.int16)}, (), "not int16 of"),
    ({"clips": np.zeros((0, 2, 7, 3, 3), np.int8)}, (), "at least one, not int8 of"),
    ({"data": np.zeros(1)}, (), "must be an npz with clips"),
    ({"clips": np.zeros((2, 2, 7, 3, 3), np.int8)}, ("--jobs", "0"), "--jobs must be at least 1, not 0")])
def test_bad_input(design, tmp_path, capsys, content, words, match):
    import re
    design.save(tmp_path / "d")
    np.savez(tmp_path / "c.npz", **content)
    assert main(["golden", str(tmp_path / "d"), str(tmp_path / "c.npz"), *words, "-o", str(tmp_path / "o.npz")]) == 2
    assert re.search(match, capsys.readouterr().err) and not (tmp_path / "o.npz").exists()
