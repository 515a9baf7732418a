"""ST-GCN in the forms of its repository and of PYSKL: logits of the source, the integer path, and what files tell."""

import numpy as np
import pytest
import torch
from pruning.network.foreign.source_networks import PUBLISHED, StGcn, StGcnOfPyskl, clips_of, shaken

from hypgcn.design.clip import quantise_clip
from hypgcn.design.skeleton import load_skeleton
from hypgcn.golden.network import run as golden
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.network.foreign import load_foreign

SMALL = ((8, 1), (8, 1), (12, 2), (12, 1))
STRIDES = tuple(stride for _, stride in SMALL)


def graph_of(skeleton, subsets=3):
    return torch.from_numpy(skeleton.adjacency()).float()[:subsets]


def saved(path, model, **beside):
    torch.save({"state_dict": model.state_dict(), **beside} if beside else model.state_dict(), path)
    return path


def check(path, source, skeleton, persons=2, frames=13, **options):
    model = load_foreign(path, skeleton=skeleton, frames=frames, persons=persons, **options)
    clips = clips_of(persons, frames, skeleton.joints)
    with torch.no_grad():
        expected, found = source(clips), model(clips)
    assert expected.std() > 0.05
    assert (found - expected).abs().max() <= 1e-5 * max(1.0, float(expected.abs().max()))
    return model


@pytest.mark.parametrize("subsets", [1, 2, 3])
@pytest.mark.parametrize("importance", [True, False])
def test_the_repository_of_st_gcn(tmp_path, skeleton, subsets, importance):
    """Case 3."""
    source = shaken(StGcn(graph_of(skeleton, subsets), SMALL, importance=importance))
    model = check(saved(tmp_path / "a.pt", source), source, skeleton, strides=STRIDES)
    assert model.config.joint_bias and not model.config.shortcut_h and not model.config.dynamic_graph
    assert model.config.blocks == SMALL


def test_the_published_size_needs_no_strides(tmp_path):
    skeleton = load_skeleton("ntu25")
    source = shaken(StGcn(graph_of(skeleton), classes=60))
    assert check(saved(tmp_path / "a.pt", source), source, skeleton, frames=16).config.blocks == PUBLISHED


def test_biases_of_single_joints_count(tmp_path, skeleton):
    """A fault planted in the source's bias must show: the comparison is not blind to it."""
    source = shaken(StGcn(graph_of(skeleton), SMALL))
    path = saved(tmp_path / "a.pt", source)
    with torch.no_grad():
        source.st_gcn_networks[1].gcn.conv.bias[3] += 0.1
    with pytest.raises(AssertionError):
        check(path, source, skeleton, strides=STRIDES)


@pytest.mark.parametrize("adaptive", ["init", "offset", "importance", None])
@pytest.mark.parametrize("position", ["pre", "post"])
@pytest.mark.parametrize("shortcut", [False, True])
def test_the_forms_of_pyskl(tmp_path, skeleton, adaptive, position, shortcut):
    """Case 4 among them: the convolution behind the graph, and a shortcut."""
    source = StGcnOfPyskl(graph_of(skeleton), SMALL, adaptive=adaptive, position=position, shortcut=shortcut)
    source = shaken(source)
    if adaptive == "importance":    # training never moves these
        for block in source.backbone.gcn:
            block.gcn.PA.data[block.gcn.A == 0] = 0.98
    model = check(saved(tmp_path / "a.pth", source), source, skeleton, strides=STRIDES)
    assert model.config.joint_bias is (position == "pre") and model.config.shortcut_h is shortcut


@pytest.mark.parametrize(("text", "strides"), [
    ("model = dict(backbone=dict(type='STGCN', gcn_adaptive='offset', down_stages=[4]))", (1, 1, 1, 2)),
    ("model = {'backbone': {'type': 'STGCN', 'gcn_adaptive': 'offset', 'down_stages': [3, 4]}}", (1, 1, 2, 2)),
    ("model = dict(backbone=dict(type='STGCN', down_stages=[3], graph_cfg=dict(layout='coco')))", (1, 1, 2, 1))])
def test_settings_in_the_file_tell_strides(tmp_path, skeleton, text, strides):
    blocks = tuple(zip((8, 8, 12, 12), strides))
    source = shaken(StGcnOfPyskl(graph_of(skeleton), blocks, adaptive="offset"))
    path = saved(tmp_path / "a.pth", source, meta={"config": text, "epoch": 16}, optimizer={"state": {}})
    assert check(path, source, skeleton).config.blocks == blocks


def test_a_block_of_equal_width_tells_its_stride(tmp_path, skeleton):
    blocks = ((3, 1), (3, 2), (3, 1))
    source = shaken(StGcnOfPyskl(graph_of(skeleton), blocks, adaptive="init"))
    path = saved(tmp_path / "a.pth", source, meta={"config": "model = dict(backbone=dict(gcn_with_res=False))"})
    assert check(path, source, skeleton).config.blocks == blocks
    with pytest.raises(ValueError, match=r"strides must be 2 for block 2 of .*a.pth, whose shortcut is a convolution"):
        load_foreign(path, skeleton=skeleton, strides=(1, 1, 1))


@pytest.mark.parametrize(("change", "match"), [
    ({}, r"strides must be given \(--strides\) for .*: it does not hold them, and block 3 may have 1 or 2"),
    ({"strides": (1, 1)}, r"strides must hold one for each of the 4 blocks, not \(1, 1\)"),
    ({"strides": (1, 2, 2, 1)}, r"strides must be 1 for block 2 of .*, whose shortcut is X itself, not 2")])
def test_strides_are_asked_for(tmp_path, skeleton, change, match):
    path = saved(tmp_path / "a.pt", shaken(StGcn(graph_of(skeleton), SMALL)))
    with pytest.raises(ValueError, match=match):
        load_foreign(path, skeleton=skeleton, **change)


@pytest.mark.parametrize(("change", "match"), [
    ({"A": None}, "lacks the key A of a st-gcn file"),
    ({"edge_importance.7": torch.ones(3, 7, 7)}, "has the unknown key edge_importance.7"),
    ({"st_gcn_networks.2.tcn.2.weight": torch.zeros(12, 12, 9, 2)},
     r"st_gcn_networks.2.tcn.2.weight must have shape \(12, 12, 9, 1\), not \(12, 12, 9, 2\)"),
    ({"st_gcn_networks.1.gcn.conv.weight": None}, "lacks the key st_gcn_networks.1.gcn.conv.weight"),
    ({"st_gcn_networks.1.tcn.3.running_var": torch.full((8,), -0.1)},
     "st_gcn_networks.1.tcn.3.running_var must hold no negative variance, but has -0.1")])
def test_errors_name_the_key(tmp_path, skeleton, change, match):
    state = shaken(StGcn(graph_of(skeleton), SMALL)).state_dict()
    for key, value in change.items():
        state[key] = value
        if value is None:
            del state[key]
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=match):
        load_foreign(tmp_path / "a.pt", skeleton=skeleton, strides=STRIDES)


def test_what_files_of_pyskl_do_not_tell(tmp_path, skeleton):
    dense = torch.rand(3, 7, 7) + 0.1
    path = saved(tmp_path / "a.pth", shaken(StGcnOfPyskl(dense, SMALL)))
    with pytest.raises(ValueError, match=r"does not say whether backbone.gcn.0.gcn.PA is added or multiplied"):
        load_foreign(path, skeleton=skeleton, strides=STRIDES)
    path = saved(tmp_path / "b.pth", shaken(StGcnOfPyskl(graph_of(skeleton), ((3, 1), (3, 2)))))
    with pytest.raises(ValueError, match=r"does not say whether its graph convolution has a shortcut"):
        load_foreign(path, skeleton=skeleton)
    state = shaken(StGcnOfPyskl(torch.rand(4, 7, 7), SMALL, adaptive="init")).state_dict()
    torch.save(state, tmp_path / "c.pth")
    with pytest.raises(ValueError, match="graphs must have 3 subsets, not 4"):
        load_foreign(tmp_path / "c.pth", skeleton=skeleton, strides=STRIDES)


@pytest.mark.parametrize("form", ["repository", "pre", "post"])
def test_integers_follow(tmp_path, skeleton, form):
    """Through our own file, quantised: golden and the independent integers agree, and are near the float network."""
    graph = graph_of(skeleton)
    source = shaken(StGcn(graph, SMALL) if form == "repository" else
                    StGcnOfPyskl(graph, SMALL, adaptive="init", position=form, shortcut=form == "post"))
    model = load_foreign(saved(tmp_path / "a.pt", source), skeleton=skeleton, frames=13, strides=STRIDES)
    save_checkpoint(tmp_path / "b.safetensors", model)
    model = load_checkpoint(tmp_path / "b.safetensors")[0]
    clips = clips_of(1, 13, 7, count=12)
    design = quantise(model, clips, QuantiseConfig(name="st"))
    assert all(block.joint_bias is (form != "post") for block in design.blocks)
    whole = np.stack([quantise_clip(design, clip) for clip in clips.numpy()])
    found = run_integer(design, whole)
    for clip, logits in zip(whole[:2], found["logits"]):
        np.testing.assert_array_equal(golden(design, clip)["logits"], logits)
    with torch.no_grad():
        expected = model(clips).numpy()
    assert np.corrcoef(np.asarray(found["logits"]).ravel(), expected.ravel())[0, 1] > 0.98
