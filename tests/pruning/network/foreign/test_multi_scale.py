"""ST-GCN++ of PYSKL: logits of the source in every form of its branches, and what files tell of them."""

import pytest
import torch
from pruning.network.foreign.source_networks import MS_CFG, PUBLISHED, StGcnOfPyskl, shaken
from pruning.network.foreign.test_st_gcn import check, graph_of, saved

from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.network.branches import MULTI_SCALE
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.network.foreign import load_foreign

SMALL = ((8, 1), (8, 1), (13, 2), (13, 1))
STRIDES = tuple(stride for _, stride in SMALL)
SETTINGS = "model = dict(backbone=dict(type='STGCN', gcn_adaptive='init', tcn_type='mstcn', tcn_ms_cfg={}))"


def source_of(skeleton, blocks=SMALL, branches=MS_CFG, share=None, **options):
    return shaken(StGcnOfPyskl(graph_of(skeleton), blocks, **{"adaptive": "init", "shortcut": True, **options},
                               scales=(branches, share)))


@pytest.mark.parametrize("frames", [1, 2, 9, 13])
def test_the_published_branches(tmp_path, skeleton, frames):
    """Clips shorter than the window, too: the maximum at both ends is that of the frames that are there."""
    source = source_of(skeleton)
    model = check(saved(tmp_path / "a.pth", source), source, skeleton, strides=STRIDES, frames=frames)
    assert model.config.branches == MULTI_SCALE and model.config.kernel == 9
    assert model.config.joint_bias and model.config.shortcut_h and model.config.blocks == SMALL


def test_the_published_size_needs_no_options(tmp_path):
    skeleton = load_skeleton("ntu25")
    source = source_of(skeleton, PUBLISHED, classes=60)
    model = check(saved(tmp_path / "a.pth", source), source, skeleton, frames=11)
    assert model.config.blocks == PUBLISHED


@pytest.mark.parametrize("adaptive", ["offset", "importance", None])
@pytest.mark.parametrize(("position", "shortcut"), [("post", True), ("pre", False)])
def test_every_graph(tmp_path, skeleton, adaptive, position, shortcut):
    source = source_of(skeleton, adaptive=adaptive, position=position, shortcut=shortcut)
    if adaptive == "importance":    # training never moves these
        for block in source.backbone.gcn:
            block.gcn.PA.data[block.gcn.A == 0] = 0.98
    check(saved(tmp_path / "a.pth", source), source, skeleton, strides=STRIDES)


@pytest.mark.parametrize(("branches", "share", "kernel"), [
    (((3, 1), (5, 2), "1x1"), None, 9), (((3, 5), ("max", 3)), None, 11), (("1x1", ("max", 3), ("max", 3)), None, 3),
    (MS_CFG, 0.25, 9), (((3, 2), "1x1"), 0.13, 5)])
def test_other_branches_of_the_settings(tmp_path, skeleton, branches, share, kernel):
    source = source_of(skeleton, branches=branches, share=share)
    path = saved(tmp_path / "a.pth", source, meta={"config": SETTINGS.format(list(branches))})
    assert check(path, source, skeleton, strides=STRIDES).config.kernel == kernel


def test_what_is_taken_as_published_is_said(tmp_path, skeleton):
    source = source_of(skeleton)
    path = saved(tmp_path / "a.pth", source)
    from hypgcn_pruning.network.foreign.load import _load
    notes = _load(path, skeleton=skeleton, format="auto", frames=9, persons=1, strides=STRIDES, key=None)[1].notes
    assert len(notes) == 1 and "published ST-GCN++, taps 1, 2, 3 and 4 frames apart" in notes[0]
    path = saved(tmp_path / "b.pth", source, meta={"config": SETTINGS.format(list(MS_CFG))})
    assert not _load(path, skeleton=skeleton, format="auto", frames=9, persons=1, strides=STRIDES, key=None)[1].notes


@pytest.mark.parametrize("fault", ["branches.0.3.conv.bias", "branches.4.1.bias", "branches.5.weight",
                                   "transform.0.bias", "transform.2.weight", "bn.bias"])
def test_every_part_counts(tmp_path, skeleton, fault):
    source = source_of(skeleton)
    path = saved(tmp_path / "a.pth", source)
    source.state_dict()[f"backbone.gcn.2.tcn.{fault}"].add_(0.3)
    with pytest.raises(AssertionError):
        check(path, source, skeleton, strides=STRIDES)


@pytest.mark.parametrize(("built", "settings", "match"), [
    (((3, 1), "1x1"), None, "does not say how far the taps of its branches lie apart"),
    (MS_CFG, [(3, 1), "1x1"], "settings has 3@1, 1x1, but its tensors are of branches 3@, 3@, 3@, 3@, max, 1x1"),
    (((3, 1), ("max", 3)), [(3, 1), ("max", 5)], r"or '1x1', not \('max', 5\), which has no place"),
    ((("max", 3), "1x1", ("max", 3)), [("max", 3), "1x1", ("max", 3)], "branches max must be beside each other"),
    (((4, 1), "1x1"), [(4, 1), "1x1"], "an odd number of taps and their distance")])
def test_what_has_no_place_is_said(tmp_path, skeleton, built, settings, match):
    source = source_of(skeleton, branches=built)
    beside = {} if settings is None else {"meta": {"config": SETTINGS.format(settings)}}
    with pytest.raises(ValueError, match=match):
        load_foreign(saved(tmp_path / "a.pth", source, **beside), skeleton=skeleton, strides=STRIDES)


def test_uneven_branches(tmp_path, skeleton):
    source = source_of(skeleton)
    tcn = source.backbone.gcn[1].tcn
    tcn.branches[2][0] = torch.nn.Conv2d(8, 2, 1)
    with pytest.raises(ValueError, match="equal shares of the channels of each block, .*not 3/1/1/1/1/1, 3/1/2/1/1/1"):
        load_foreign(saved(tmp_path / "a.pth", source), skeleton=skeleton, strides=STRIDES)


def test_checkpoint_of_ours(tmp_path, skeleton):
    source = source_of(skeleton, share=0.25)
    model = load_foreign(saved(tmp_path / "a.pth", source), skeleton=skeleton, strides=STRIDES, frames=9)
    save_checkpoint(tmp_path / "b.safetensors", model, {})
    again, _ = load_checkpoint(tmp_path / "b.safetensors")
    assert again.config == model.config
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in model.state_dict().items())
