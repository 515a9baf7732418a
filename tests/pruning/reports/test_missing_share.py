"""The table of accuracy against missing joints."""

import json

import numpy as np
import pytest
import torch

from hypgcn.cli import main
from hypgcn.design.filling import complete_clip
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.network.predict import accuracy
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.reports import missing_share
from hypgcn_pruning.reports.missing_share import missing_step, with_dropped
from hypgcn_pruning.reports.report_config import MissingConfig


@pytest.fixture
def place(tmp_path, monkeypatch, trained, clips, preparation):
    monkeypatch.chdir(tmp_path)
    np.savez("clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split)
    save_checkpoint(tmp_path / "a.safetensors", trained[0], {"preparation": preparation.to_dict()})
    return tmp_path


def test_the_table(place, capsys, trained, clips, preparation):
    """Filled joints cost little, zeros cost the accuracy; without missing joints it is the usual one."""
    assert main(["missing", "a.safetensors", "--data", "clips.npz", "--shares", "0,0.1,0.3", "--seeds", "1,2",
                 "-o", "m.json"]) == 0
    report = json.loads((place / "m.json").read_text(encoding="utf-8"))
    assert (report["clips"], report["gap"], report["seeds"]) == (18, 1, [1, 2])
    none, some, many = report["rows"]
    held = clips.part(1)
    whole = round(accuracy(trained[0], torch.from_numpy(prepared(held, preparation)), held.label), 4)
    assert none == {"share": 0.0, "filled": {"top1": whole, "low": whole, "high": whole},
                    "zero": {"top1": whole, "low": whole, "high": whole}}
    assert some["filled"]["top1"] > whole - 0.1 and some["zero"]["high"] < some["filled"]["low"]
    assert all(row[name]["low"] <= row[name]["top1"] <= row[name]["high"] for row in report["rows"]
               for name in ("filled", "zero"))
    assert report["measured"]["checkpoint"].startswith("sha256:") and "recordings" in report["measured"]
    text = capsys.readouterr().out
    assert f"30.0 % of the joints missing: filled {100 * many['filled']['top1']:.2f} %" in text
    assert "18 clips, 2 seeds; missing for 1 frames in a row" in text and "written: m.json" in text


def test_memory_is_bounded(place, monkeypatch):
    """Clips are prepared in parts, and the parts give what all at once give."""
    settings = dict(checkpoint="a.safetensors", data="clips.npz", config=MissingConfig(shares="0.2", seeds="3", gap=4),
                    progress=False)
    whole = missing_step("w.json", **settings)
    sizes = []
    monkeypatch.setattr(missing_share, "_AT_ONCE", 5)
    monkeypatch.setattr(missing_share, "prepared", lambda clips, *rest: sizes.append(len(clips)) or prepared(clips,
                                                                                                           *rest))
    assert missing_step("p.json", **settings) == whole
    assert sizes == [5, 5, 5, 3] * 2


def test_each_clip_has_its_own_joints_and_the_recordings_origins(place, monkeypatch, clips, skeleton):
    """What is a place is known before anything is dropped; clips of a seed do not lack the same joints."""
    np.savez("clips.npz", data=clips.data - clips.data[:, :, :, :1], label=clips.label, length=clips.length,
             split=clips.split)
    given = []

    def complete(clip, *, scored, parents, origins):
        given.append(~clip.any(axis=3)[0, :8, 1:])
        assert (scored, parents, origins.at("every")) == (False, skeleton.parents, (0,))
        return complete_clip(clip, scored=scored, parents=parents, origins=origins)

    monkeypatch.setattr(missing_share, "complete_clip", complete)
    missing_step("o.json", checkpoint="a.safetensors", data="clips.npz", progress=False,
                 config=MissingConfig(shares="0.3", seeds="1,2"))
    assert len(given) == 2 * 18 == len({mask.tobytes() for mask in given})


def test_held_out_training_clips(place):
    found = missing_step("v.json", checkpoint="a.safetensors", data="clips.npz", progress=False,
                         config=MissingConfig(shares="0", validate="0.5"))
    assert found["clips"] == 27


def test_dropped_joints_are_zero(clips):
    clip = clips.clip(0)
    found = with_dropped(clip, 0.3, np.random.default_rng(1), 1)
    gone = ~found.any(axis=3)
    assert 0.2 < gone.mean() < 0.4 and (found[~gone] == clip[~gone]).all() and found.dtype == np.float32


@pytest.mark.parametrize(("change", "match"), [
    ({"shares": "0,1"}, "shares must be numbers of at least 0 and below 1 between commas, not '0,1'"),
    ({"shares": "few"}, "shares must be numbers of at least 0 and below 1 between commas, not 'few'"),
    ({"shares": "nan"}, "shares must be numbers"),
    ({"seeds": "-1"}, "seeds must be numbers of at least 0 between commas, not '-1'"),
    ({"gap": 0}, "gap must be an integer of at least 1, not 0")])
def test_bad_settings(change, match):
    with pytest.raises(ValueError, match=match):
        MissingConfig(**change)
