"""The study of endless streams itself, on a narrow network."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hypgcn.design.clip import Preparation
from hypgcn.design.skeleton import load_skeleton
from hypgcn_host.live.sequence import RecordedClip
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.recordings.data import Clips
from hypgcn_pruning.recordings.save_clips import save_clips

torch.set_num_threads(1)
sys.path.insert(0, str(Path(__file__).parent))
continual = importlib.import_module("continual")

PREPARATION = Preparation(frames=16, centre=1)
NAMES = ("up", "down")


@pytest.fixture
def model():
    torch.manual_seed(0)
    network = Network(ModelConfig(skeleton=load_skeleton("kinect20"), classes=2, frames=16, kernel=3,
                                  blocks=((4, 1), (8, 2), (8, 2))))
    with torch.no_grad():
        for block in network.blocks:
            block.gcn1.PA += torch.rand_like(block.gcn1.PA)
    return network.eval()


@pytest.fixture
def stream():
    return torch.from_numpy(np.random.default_rng(1).normal(size=(2, 64, 20, 3)).astype(np.float32))


def test_a_stream_of_one_clip_is_that_clip(model, stream):
    with torch.no_grad():
        clip = stream[:, :16]
        wanted = model(clip[:, None])
        torch.testing.assert_close(continual.endless(model, clip)[:, -1], wanted)
        torch.testing.assert_close(continual.windows(model, stream, np.array([16]))[:, 0], wanted)


def test_how_far_a_row_looks_ahead(model, stream):
    """Row r is made of frames up to 4 r + ahead, and of that one, too."""
    far = continual.ahead(model)
    assert far == 1 + 1 + 2
    with torch.no_grad():
        before = continual.endless(model, stream)
        for frame, same in ((4 * 5 + far + 1, True), (4 * 5 + far, False)):
            changed = stream.clone()
            changed[:, frame] += 1
            assert torch.equal(continual.endless(model, changed)[:, 5], before[:, 5]) is same


def recorded(seed, label):
    clip = np.random.default_rng(seed).normal(size=(1, 12, 20, 3)).cumsum(1)
    return RecordedClip(name=str(seed), clip=clip, label=label)


def test_a_window_has_the_last_frames(model, stream):
    with torch.no_grad():
        found = continual.windows(model, stream, np.array([8, 40]))
        torch.testing.assert_close(found[:, 1], model(stream[:, None, 24:40]))
        short = continual.at_times(stream[:1, :8].numpy(), np.linspace(0, 7, 16))
        torch.testing.assert_close(found[:1, 0], model(torch.from_numpy(short.astype(np.float32))[:, None]))


@pytest.mark.parametrize("whole", [False, True])
def test_figures_of_a_network_that_knows_one_class(model, whole):
    with torch.no_grad():
        model.fc.weight.zero_()
        model.fc.bias[:] = torch.tensor([9.0, 0.0])
    row = continual.measured(model, [[recorded(1, "up"), recorded(2, "down")]], PREPARATION, NAMES, whole=whole)
    assert row["segments"] == 2 and row["dominant"] == 0.5 and row["silent"] == 0
    assert row["late_seconds"] == (round(4 * 1.2 / 16, 2) if whole else 0)


@pytest.mark.parametrize("whole", [False, True])
def test_training_learns_and_keeps_what_is_cut(model, whole):
    block = model.blocks[1]
    block.kept[:2] = 0
    block.apply_masks()
    clips = [recorded(seed, NAMES[seed % 2]) for seed in range(4)]
    before = model.fc.weight.clone()
    continual.tune(model, clips, PREPARATION, NAMES, whole=whole, steps=2, batch=2, frames=96)
    assert not torch.equal(model.fc.weight, before)
    assert not any(conv.weight[:, :2].any() for conv in block.gcn1.conv_d)


def test_rows_are_printed(model, tmp_path, capsys):
    save_checkpoint(tmp_path / "net.pt", model, {"class_names": NAMES, "preparation": PREPARATION.to_dict()})
    clips = Clips(data=np.random.default_rng(3).normal(size=(6, 3, 12, 20, 1)).astype(np.float32), classes=2,
                  class_names=NAMES, length=np.full(6, 12), label=np.arange(6) % 2,
                  split=np.array([0, 0, 1, 1, 1, 1], np.uint8))
    save_clips(tmp_path / "clips.npz", clips, progress=False)
    continual.main([str(tmp_path / "net.pt"), "--data", str(tmp_path / "clips.npz"), "--sequences", "2", "--clips",
                    "2"])
    lines = [line for line in capsys.readouterr().out.splitlines() if " steps: " in line]
    assert [line.split(":")[0] for line in lines] == ["clips, 0 steps", "endless, 0 steps"]
    assert all(json.loads(line.split(": ", 1)[1])["segments"] == 4 for line in lines)
