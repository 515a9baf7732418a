"""Import as a step: the checkpoint that is written, a new classifier, and what training and pruning make of it."""

import numpy as np
import pytest
import torch
from pruning.network.foreign.source_networks import StGcn, StGcnOfPyskl, clips_of, shaken

from hypgcn.cli import main
from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.network.foreign.convert import ImportOptions, import_network
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.sparsity.channels import reorder_channels

BLOCKS = ((8, 1), (8, 1), (12, 2))


@pytest.fixture
def source(tmp_path):
    """ST-GCN of 17 joints and its file."""
    graph = torch.from_numpy(load_skeleton("coco17").adjacency()).float()
    model = shaken(StGcn(graph, BLOCKS, classes=3))
    torch.save({"state_dict": {f"module.{key}": value for key, value in model.state_dict().items()}},
               tmp_path / "st.pth")
    return model, tmp_path / "st.pth"


def options(**changes):
    return ImportOptions(**{"skeleton": "coco17", "strides": (1, 1, 2), "frames": 12, **changes})


def test_the_checkpoint_is_ours(tmp_path, source):
    model, path = source
    import_network(path, tmp_path / "new/a.safetensors", options(scale="clip", centring="first", persons=2))
    found, info = load_checkpoint(tmp_path / "new/a.safetensors")
    clips = clips_of(2, 12, 17)
    with torch.no_grad():
        torch.testing.assert_close(found(clips), model(clips), rtol=1e-5, atol=1e-5)
    assert info["source"] == {"format": "st-gcn", "file": "st.pth", "architecture": "ST-GCN", "notes": []}
    assert info["preparation"]["scale"] == "clip" and info["preparation"]["centring"] == "first"


def test_a_new_classifier(tmp_path, source):
    """Case 10."""
    model, info = import_network(source[1], tmp_path / "a.pt", options(classes=27))
    other, _ = import_network(source[1], tmp_path / "b.pt", options(classes=27, seed=2))
    assert model.fc.out_features == 27 and "with 27 classes" in info["source"]["notes"][0]
    assert torch.equal(model.l1.gcn1.PA, other.l1.gcn1.PA) and not torch.equal(model.fc.weight, other.fc.weight)


def test_nothing_is_overwritten(tmp_path, source):
    (tmp_path / "a.pt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"a.pt is there already: give another file \(-o\), or remove it"):
        import_network(source[1], tmp_path / "a.pt", options())
    with pytest.raises(ValueError, match="out must end in .safetensors, .pt or .pth, not '.onnx'"):
        import_network(source[1], tmp_path / "a.onnx", options())
    with pytest.raises(FileNotFoundError, match=r"typo.pth not found: a checkpoint is a .safetensors, .pt or"):
        import_network(tmp_path / "typo.pth", tmp_path / "b.pt", options())
    assert (tmp_path / "a.pt").read_text(encoding="utf-8") == "mine" and not (tmp_path / "b.pt").exists()


def test_the_command_and_the_steps_behind_it(tmp_path, source, capsys):
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=3, clips=8, frames=(6, 12)))
    np.savez(tmp_path / "c.npz", data=clips.data, label=clips.label, split=clips.split)
    out, data = tmp_path / "a.safetensors", ["--data", str(tmp_path / "c.npz"), "--batch", "4"]
    assert main(["import", str(source[1]), "--skeleton", "coco17", "--strides", "1,1,2", "--frames", "12",
                 "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "ST-GCN, 3 blocks of 8,8,12/2 channels, 9 taps, 17 joints of coco17" in text and f"written: {out}" in text
    assert main(["train", *data, "--skeleton", "coco17", "--frames", "12", "--blocks", "8,8,12/2", "--epochs", "1",
                 "--init", str(out), "-o", str(tmp_path / "t")]) == 0
    assert load_checkpoint(tmp_path / "t/last.safetensors")[0].config.joint_bias
    assert main(["prune", str(tmp_path / "t/last.safetensors"), *data, "--weights-epochs", "1",
                 "--threshold-epochs", "0", "--channels", "0.5", "-o", str(tmp_path / "p")]) == 0
    assert main(["quantise", str(tmp_path / "p/pruned.safetensors"), *data, "-o", str(tmp_path / "q")]) == 0
    assert main(["compile", str(tmp_path / "q/quantised"), "--data", str(tmp_path / "c.npz"),
                 "-o", str(tmp_path / "q")]) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["import", str(source[1]), "--skeleton", "coco17", "--strides", "1,3"])
    assert "--strides: must be a list of 1 and 2 such as 1,1,2,1, not '1,3'" in capsys.readouterr().err


def test_pruning_keeps_the_biases_of_joints(tmp_path, source):
    """Channels are reordered and the weights fitted anew: the biases of single joints go with their channels."""
    graph = torch.from_numpy(load_skeleton("coco17").adjacency()).float()
    pyskl = shaken(StGcnOfPyskl(graph, BLOCKS, classes=3, adaptive="init"))
    torch.save(pyskl.state_dict(), tmp_path / "p.pth")
    for path in (source[1], tmp_path / "p.pth"):
        model, _ = import_network(path, tmp_path / f"{path.stem}.pt", options())
        clips = clips_of(1, 12, 17)
        with torch.no_grad():
            before = model(clips)
            names = model.blocks[1].gcn1.joint_bias.clone()
            reorder_channels(model, scores=[torch.arange(block.outputs).float() for block in model.blocks])
            assert not torch.equal(names, model.blocks[1].gcn1.joint_bias)
            torch.testing.assert_close(model(clips), before, rtol=1e-4, atol=1e-4)
