"""Files in the key layouts of others, made here, against a restatement of what their networks compute."""

import argparse
import collections
import re
from collections import OrderedDict

import numpy as np
import pytest
import torch
from pruning.network.foreign.source_networks import PUBLISHED, Baseline, clips_of, shaken
from safetensors.torch import save_file
from torch.nn.functional import conv2d

from hypgcn.design.skeleton import Skeleton, load_skeleton
from hypgcn_pruning.cli import register
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.network.foreign import load_foreign, open_network
from hypgcn_pruning.network.model import PAPER_BLOCKS
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion

BLOCKS = ((8, 1), (8, 1), (12, 2), (12, 1), (12, 2))
STRIDES = tuple(stride for _, stride in BLOCKS)
NAMES = {"2s-agcn": ("l{}.gcn1", "l{}.tcn1", "l{}.residual", 1, "data_bn", "fc"),
         "pyskl": ("backbone.gcn.{}.gcn", "backbone.gcn.{}.tcn", "backbone.gcn.{}.residual", 0, "backbone.data_bn",
                   "cls_head.fc_cls")}


def make_state(layout, blocks=BLOCKS, *, joints=7, persons=2, channels=3, classes=5, kernel=9, seed=0):
    """A state with the keys of ``layout`` and random values of which none is like another."""
    rng = torch.Generator().manual_seed(seed)
    state = OrderedDict()
    gcn, tcn, residual, first, data_bn, head = NAMES[layout]

    def values(*shape, size=1.0):
        return torch.randn(*shape, generator=rng) * size

    def norm(name, width):
        state[f"{name}.weight"] = 1 + values(width, size=0.2)
        state[f"{name}.bias"] = values(width, size=0.2)
        state[f"{name}.running_mean"] = values(width, size=0.2)
        state[f"{name}.running_var"] = 0.5 + values(width).abs()
        state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def conv(name, inputs, outputs, taps=1, size=0.5):
        state[f"{name}.weight"] = values(outputs, inputs, taps, 1, size=size * (inputs * taps) ** -0.5)
        state[f"{name}.bias"] = values(outputs, size=0.2)

    norm(data_bn, persons * joints * channels)
    if layout == "pyskl":
        state["backbone.A"] = values(3, joints, joints)
    inputs = channels
    for index, (outputs, stride) in enumerate(blocks, first):
        g, t, r = (name.format(index) for name in (gcn, tcn, residual))
        state[g + (".A" if layout == "pyskl" else ".PA")] = values(3, joints, joints, size=0.3)
        if layout == "pyskl":
            state[f"{g}.alpha"] = 0.7 + values(1, size=0.1)
        for k in range(3):
            conv(f"{g}.conv_a.{k}", inputs, outputs // 4, size=2)  # so that C is far from uniform
            conv(f"{g}.conv_b.{k}", inputs, outputs // 4, size=2)
            conv(f"{g}.conv_d.{k}", inputs, outputs)
        if inputs != outputs:
            conv(f"{g}.down.0", inputs, outputs)
            norm(f"{g}.down.1", outputs)
        norm(f"{g}.bn", outputs)
        conv(f"{t}.conv", outputs, outputs, kernel)
        norm(f"{t}.bn", outputs)
        if index > first and (inputs != outputs or stride > 1):
            conv(f"{r}.conv", inputs, outputs)
            norm(f"{r}.bn", outputs)
        inputs = outputs
    state[f"{head}.weight"], state[f"{head}.bias"] = values(classes, inputs), values(classes)
    return state


def source_logits(state, layout, clips, blocks, adjacency):
    """Logits of the source's network for clips (N, M, T, V, C), from the formulas of the two papers, in float64.

    f_out = sum_k W_k f_in (A_k + B_k + C_k), with C_k = softmax(theta_k(f_in)^T phi_k(f_in) / size) over the first
    joint for 2s-AGCN, and f_out = sum_k W_k f_in (A_k + alpha tanh(...)) with A_k learned for AAGCN.
    """
    state = {key: tensor.double() for key, tensor in state.items()}
    gcn, tcn, residual, first, data_bn, head = NAMES[layout]

    def norm(name, x):
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean, var, weight, bias = (state[f"{name}.{part}"].view(shape)
                                   for part in ("running_mean", "running_var", "weight", "bias"))
        return (x - mean) / torch.sqrt(var + 1e-5) * weight + bias

    def conv(name, x, stride=1):
        weight = state[f"{name}.weight"]
        return conv2d(x, weight, state[f"{name}.bias"], (stride, 1), ((weight.shape[2] - 1) // 2, 0))

    n, persons, frames, joints, channels = clips.shape
    per_person = state[f"{data_bn}.weight"].numel() == joints * channels and persons > 1
    x = clips.double().permute(0, 1, 3, 4, 2)  # N, M, V, C, T
    flat = x.reshape(n * persons, -1, frames) if per_person else x.reshape(n, -1, frames)
    x = norm(data_bn, flat).reshape(n * persons, joints, channels, frames).permute(0, 2, 3, 1)
    for index, (outputs, stride) in enumerate(blocks, first):
        g, t, r = (name.format(index) for name in (gcn, tcn, residual))
        total = 0
        for k in range(3):
            product = torch.einsum("nctv,nctw->nvw", conv(f"{g}.conv_a.{k}", x), conv(f"{g}.conv_b.{k}", x)) \
                if f"{g}.conv_a.{k}.weight" in state else None
            if product is None:
                graph = state[f"{g}.A"][k].expand(len(x), -1, -1)
            elif layout == "pyskl":
                graph = state[f"{g}.A"][k] + torch.tanh(product / (outputs // 4 * x.shape[2])) * state[f"{g}.alpha"]
            else:
                scores = product / (outputs // 4 * x.shape[2])
                weights = torch.exp(scores - scores.amax(1, keepdim=True))
                graph = adjacency.double()[k] + state[f"{g}.PA"][k] + weights / weights.sum(1, keepdim=True)
            total = total + conv(f"{g}.conv_d.{k}", torch.einsum("nctv,nvw->nctw", x, graph))
        down = norm(f"{g}.down.1", conv(f"{g}.down.0", x)) if f"{g}.down.0.weight" in state else x
        h = (norm(f"{g}.bn", total) + down).clamp(min=0)
        y = norm(f"{t}.bn", conv(f"{t}.conv", h, stride))
        if f"{r}.conv.weight" in state:
            y = y + norm(f"{r}.bn", conv(f"{r}.conv", x, stride))
        elif index > first:
            y = y + x
        x = y.clamp(min=0)
    pooled = x.reshape(n, persons, x.shape[1], -1).mean(3).mean(1)
    head = head if f"{head}.weight" in state else "cls_head.fc"
    return pooled @ state[f"{head}.weight"].T + state[f"{head}.bias"]


def write(path, state, layout):
    """The file that the source would write; safetensors hold the tensors alone."""
    if path.suffix == ".safetensors":
        save_file(dict(state), path)
    elif layout == "pyskl":
        extra = {"meta": {"epoch": 16, "CLASSES": None}, "optimizer": {"param_groups": []}}
        torch.save({**extra, "state_dict": state}, path)
    else:
        torch.save(state, path)
    return path


def check_logits(model, state, layout, skeleton, blocks=BLOCKS, frames=13, persons=2):
    clips = torch.randn(2, persons, frames, skeleton.joints, 3, generator=torch.Generator().manual_seed(5))
    expected = source_logits(state, layout, clips, blocks, torch.from_numpy(skeleton.adjacency()))
    with torch.no_grad():
        found = model(clips)
    assert expected.std() > 0.05
    assert (found.double() - expected).abs().max() <= 1e-4
    return found


@pytest.mark.parametrize("layout", ["2s-agcn", "pyskl"])
@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_forward_equals_the_source(tmp_path, skeleton, layout, suffix, prefix):
    state = make_state(layout)
    path = write(tmp_path / f"a{suffix}", OrderedDict((prefix + key, value) for key, value in state.items()), layout)
    model = load_foreign(path, skeleton=skeleton, frames=13, strides=STRIDES)
    assert model.config.blocks == BLOCKS
    assert model.config.similarity == ("tanh" if layout == "pyskl" else "softmax")
    assert model.config.dynamic_graph and not model.training
    check_logits(model, state, layout, skeleton)


def test_full_size_2s_agcn_on_ntu(tmp_path):
    state = make_state("2s-agcn", PAPER_BLOCKS, joints=25, classes=60)
    skeleton = load_skeleton("ntu25")
    model = load_foreign(write(tmp_path / "ntu.pt", state, "2s-agcn"), skeleton=skeleton)
    assert model.config.blocks == PAPER_BLOCKS
    check_logits(model, state, "2s-agcn", skeleton, PAPER_BLOCKS, frames=16)


def test_the_graph_of_2s_agcn():
    """Subset 1 leads from joints nearer to the centre to their neighbours, normalised by column.

    Hand and tip of the published NTU bones (1-based (22, 23), (23, 8), (24, 25), (25, 12)) are among them.
    """
    graph = load_skeleton("ntu25").adjacency()
    for joint, parent in ((22, 23), (23, 8), (24, 25), (25, 12), (1, 2), (2, 21), (3, 21), (9, 21)):
        assert graph[1, parent - 1, joint - 1] == 1
    assert graph[2, 4 - 1, 3 - 1] == 1 and graph[2, 2 - 1, 21 - 1] == pytest.approx(1 / 4)


def test_the_c_graph_counts(tmp_path, skeleton):
    """Faults planted in C must show: the comparison above is not blind to it."""
    for layout, name in (("2s-agcn", "l2.gcn1.conv_a.1.weight"), ("pyskl", "backbone.gcn.1.gcn.alpha")):
        state = make_state(layout)
        path = write(tmp_path / "a.pt", {**state, name: state[name] * -3}, layout)
        model = load_foreign(path, skeleton=skeleton, strides=STRIDES)
        with pytest.raises(AssertionError):
            check_logits(model, state, layout, skeleton)


def test_files_of_old_torch(tmp_path, skeleton):
    """The published files predate torch's zip format and its counters of batches."""
    state = OrderedDict((k, v) for k, v in make_state("2s-agcn").items() if not k.endswith("num_batches_tracked"))
    torch.save(state, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    check_logits(load_foreign(tmp_path / "a.pt", skeleton=skeleton, strides=STRIDES), state, "2s-agcn", skeleton)


def test_head_of_mmaction2(tmp_path, skeleton):
    state = OrderedDict((key.replace("fc_cls", "fc"), value) for key, value in make_state("pyskl").items())
    assert "cls_head.fc.weight" in state
    path = write(tmp_path / "a.pth", state, "pyskl")
    check_logits(load_foreign(path, skeleton=skeleton, strides=STRIDES), state, "pyskl", skeleton)


def test_pyskl_with_a_fixed_graph(tmp_path, skeleton):
    """Without the adaptive parts there is neither alpha nor conv_a: the static graph is all there is."""
    state = OrderedDict((k, v) for k, v in make_state("pyskl").items()
                        if not any(part in k for part in ("alpha", "conv_a", "conv_b")))
    model = load_foreign(write(tmp_path / "a.pth", state, "pyskl"), skeleton=skeleton, strides=STRIDES)
    assert not model.config.dynamic_graph
    check_logits(model, state, "pyskl", skeleton)


def test_the_graph_of_a_pyskl_file_wins(tmp_path, skeleton):
    state = make_state("pyskl")
    path = write(tmp_path / "a.pth", state, "pyskl")
    other = Skeleton(name="chain", joints=7, bones=tuple((j + 1, j) for j in range(6)))
    found = [check_logits(load_foreign(path, skeleton=graph, strides=STRIDES), state, "pyskl", graph)
             for graph in (skeleton, other)]
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)


def test_input_norm_shared_by_persons(tmp_path, skeleton):
    state = make_state("pyskl", persons=1)
    path = write(tmp_path / "a.pth", state, "pyskl")
    assert load_foreign(path, skeleton=skeleton, strides=STRIDES).config.persons == 1
    model = load_foreign(path, skeleton=skeleton, persons=3, strides=STRIDES)
    check_logits(model, state, "pyskl", skeleton, persons=3)


def test_strides_of_the_caller(tmp_path, skeleton):
    """Case 6: they are asked for where the file leaves them open."""
    blocks = ((8, 1), (12, 1), (12, 2))
    state = make_state("2s-agcn", blocks)
    path = write(tmp_path / "a.pt", state, "2s-agcn")
    check_logits(load_foreign(path, skeleton=skeleton, strides=(1, 1, 2)), state, "2s-agcn", skeleton, blocks)
    with pytest.raises(ValueError, match=r"strides must hold one for each of the 3 blocks, not \(1,\)"):
        load_foreign(path, skeleton=skeleton, strides=(1,))
    with pytest.raises(ValueError, match=r"strides must be given \(--strides\) for .*a.pt: .* block 2 may have 1 or 2"):
        load_foreign(path, skeleton=skeleton)


def test_the_repository_of_aagcn(tmp_path, skeleton):
    """Case 1, without attention: the whole graph is a parameter; what depends on the data comes with alpha, tanh."""
    state = make_state("pyskl")
    keys = {"backbone.gcn.": "l", "backbone.data_bn": "data_bn", "cls_head.fc_cls": "fc"}
    renamed = OrderedDict()
    for key, value in state.items():
        if found := re.match(r"backbone\.gcn\.(\d+)\.(gcn|tcn|residual)\.(.*)", key):
            unit = found[2] if found[2] == "residual" else f"{found[2]}1"
            renamed[f"l{int(found[1]) + 1}.{unit}.{'PA' if found[3] == 'A' else found[3]}"] = value
        elif key != "backbone.A":
            renamed[next(key.replace(old, new) for old, new in keys.items() if key.startswith(old))] = value
    path = write(tmp_path / "a.pt", renamed, "2s-agcn")
    model = load_foreign(path, skeleton=skeleton, strides=STRIDES)
    assert model.config.similarity == "tanh" and model.config.dynamic_graph
    check_logits(model, state, "pyskl", skeleton)


def test_older_names_of_the_shortcut(tmp_path, skeleton):
    """Case 40."""
    state = make_state("2s-agcn")
    old = OrderedDict((key.replace(".gcn1.down.", ".gcn1.conv_res."), value) for key, value in state.items())
    assert "l1.gcn1.conv_res.0.weight" in old
    path = write(tmp_path / "a.pt", old, "2s-agcn")
    check_logits(load_foreign(path, skeleton=skeleton, strides=STRIDES), state, "2s-agcn", skeleton)


@pytest.mark.parametrize(("blocks", "strides"), [(PUBLISHED, None), (((8, 1), (8, 2), (12, 1)), (1, 2, 1))])
def test_the_baseline_of_ctr_gcn(tmp_path, skeleton, blocks, strides):
    """Case 2: five taps, static graphs; the norm of their columns is folded into them."""
    source = shaken(Baseline(torch.from_numpy(skeleton.adjacency()).float() + 0.05, blocks))
    torch.save(source.state_dict(), tmp_path / "a.pt")
    model = load_foreign(tmp_path / "a.pt", skeleton=skeleton, strides=strides)
    assert not model.config.dynamic_graph and model.config.kernel == 5 and model.config.blocks == blocks
    clips = clips_of(2, 11, 7)
    with torch.no_grad():
        expected, found = source(clips), model(clips)
    assert expected.std() > 0.05
    assert (found - expected).abs().max() <= 1e-5 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize(("dtype", "places"), [(torch.float16, 3), (torch.bfloat16, 2), (torch.float64, 7)])
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_numbers_of_other_sizes(tmp_path, skeleton, dtype, places, suffix):
    """Case 25: half and double precision, zip files and safetensors, under the official keys."""
    state = make_state("2s-agcn")
    rounded = OrderedDict((key, value.to(dtype)) for key, value in state.items())
    path = write(tmp_path / f"a.{suffix}", rounded, "2s-agcn")
    model = load_foreign(path, skeleton=skeleton, strides=STRIDES)
    assert all(tensor.dtype == torch.float32 for tensor in model.parameters())
    check_logits(model, OrderedDict((key, value.float()) for key, value in rounded.items()), "2s-agcn", skeleton)
    learned = model.state_dict()["fc.weight"]
    assert (learned - state["fc.weight"]).abs().max() <= 10.0 ** -places * state["fc.weight"].abs().max()


def test_a_block_that_is_missing_is_noticed(tmp_path, skeleton):
    """Case 8: nine blocks of the published ten are no network that is known, and a gap leaves keys over."""
    state = make_state("2s-agcn", PUBLISHED)
    nine = OrderedDict((key, value) for key, value in state.items() if not key.startswith("l10."))
    with pytest.raises(ValueError, match=r"strides must be given \(--strides\)"):
        load_foreign(write(tmp_path / "a.pt", nine, "2s-agcn"), skeleton=skeleton)
    gap = OrderedDict((key, value) for key, value in state.items() if not key.startswith("l9."))
    with pytest.raises(ValueError, match=r"unknown key l10\.|strides must be given"):
        load_foreign(write(tmp_path / "b.pt", gap, "2s-agcn"), skeleton=skeleton)
    assert load_foreign(write(tmp_path / "c.pt", state, "2s-agcn"), skeleton=skeleton).depth == 10


def test_files_of_trainers(tmp_path, skeleton):
    """Case 39: a hub of messages, NumPy's numbers and argparse's namespace lie beside the weights, and nothing runs."""
    state = make_state("pyskl")
    logs = argparse.Namespace(lr=0.1, parts=[np.float64(1.5), np.int64(3)])
    torch.save({"state_dict": state, "meta": {"epoch": np.int64(16), "args": logs, "time": "now"},
                "message_hub": argparse.Namespace(log_scalars=collections.OrderedDict(loss=np.arange(3.0)))},
               tmp_path / "a.pth")
    model = load_foreign(tmp_path / "a.pth", skeleton=skeleton, strides=STRIDES)
    check_logits(model, state, "pyskl", skeleton)


@pytest.mark.parametrize("layout", ["2s-agcn", "pyskl"])
def test_round_trip_through_our_format(tmp_path, skeleton, layout):
    state = make_state(layout)
    path = write(tmp_path / "a.pt", state, layout)
    model = load_foreign(path, skeleton=skeleton, strides=STRIDES)
    save_checkpoint(tmp_path / "b.safetensors", model, {"from": layout})
    found, info = load_checkpoint(tmp_path / "b.safetensors")
    assert info == {"from": layout} and found.config == model.config
    check_logits(found, state, layout, skeleton)


def change(**changes):
    """Spoil a state: a tensor replaces a key's, None removes it."""
    def spoil(state):
        for key, value in changes.items():
            key = key.replace("__", ".")
            if value is None:
                del state[key]
            else:
                state[key] = value
    return spoil


ZERO = torch.zeros(1)
BAD = [
    ("2s-agcn", change(l1__gcn1__conv_sa__weight=ZERO), "l1.gcn1.conv_sa.weight belongs to spatial attention"),
    ("2s-agcn", change(l3__gcn1__conv_ta__bias=ZERO), "l3.gcn1.conv_ta.bias belongs to temporal attention"),
    ("pyskl", change(backbone__gcn__2__gcn__fc1c__weight=ZERO),
     "backbone.gcn.2.gcn.fc1c.weight belongs to channel attention"),
    ("pyskl", change(backbone__gcn__0__gcn__fc2c__bias=ZERO),
     "backbone.gcn.0.gcn.fc2c.bias belongs to channel attention"),
    ("2s-agcn", change(l2__gcn1__alpha=ZERO), "has the unknown key l2.gcn1.alpha$"),
    ("2s-agcn", change(l2__gcn1__bn__running_var=torch.full((8,), -0.5)),
     "l2.gcn1.bn.running_var must hold no negative variance, but has -0.5"),
    ("2s-agcn", change(l1__residual__conv__weight=ZERO), "has the unknown key l1.residual.conv.weight$"),
    ("2s-agcn", change(l9__gcn1__PA=ZERO), "has the unknown key l9.gcn1.PA$"),
    ("pyskl", change(backbone__gcn__1__gcn__PA=ZERO), "has the unknown key backbone.gcn.1.gcn.PA$"),
    ("2s-agcn", change(l4__gcn1__conv_b__2__bias=None), "lacks the key l4.gcn1.conv_b.2.bias$"),
    ("2s-agcn", change(l2__gcn1__conv_d__0__weight=None), "lacks the key l2.gcn1.conv_d.0.weight of a 2s-agcn file"),
    ("2s-agcn", change(fc__weight=None), "lacks the key fc.weight of a 2s-agcn file"),
    ("pyskl", change(backbone__gcn__3__tcn__bn__bias=None), "lacks the key backbone.gcn.3.tcn.bn.bias$"),
    ("pyskl", change(backbone__gcn__0__gcn__alpha=None), "lacks the key backbone.gcn.0.gcn.alpha$"),
    ("pyskl", change(backbone__data_bn__weight=None), "lacks the key backbone.data_bn.weight of a pyskl file"),
    ("2s-agcn", change(l2__gcn1__bn__bias=torch.zeros(9)), r"l2.gcn1.bn.bias must have shape \(8,\), not \(9,\)"),
    ("2s-agcn", change(l1__gcn1__PA=torch.zeros(7, 7)), r"l1.gcn1.PA must have 3 axes, not shape \(7, 7\)"),
    ("2s-agcn", change(l2__gcn1__PA=torch.full((3, 7, 7), torch.nan)), "l2.gcn1.PA must hold finite numbers"),
    ("2s-agcn", change(data_bn__weight=torch.zeros(43)),
     "data_bn.weight must have a multiple of 7 joints x 3 channels, not 43 values"),
    ("2s-agcn", change(fc__bias=3), "fc.bias must be a tensor, not a int"),
]


@pytest.mark.parametrize(("layout", "spoil", "match"), BAD, ids=[match.split()[-1] + str(i)
                                                                 for i, (_, _, match) in enumerate(BAD)])
def test_errors_name_the_key(tmp_path, skeleton, layout, spoil, match):
    state = make_state(layout)
    spoil(state)
    with pytest.raises(ValueError, match=match):
        load_foreign(write(tmp_path / "a.pt", state, layout), skeleton=skeleton, strides=STRIDES)


def test_other_errors(tmp_path, skeleton):
    path = write(tmp_path / "a.pt", make_state("2s-agcn"), "2s-agcn")
    with pytest.raises(ValueError, match="skeleton must have the 7 joints of .*a.pt, not the 17 of coco17"):
        load_foreign(path, skeleton=load_skeleton("coco17"), strides=STRIDES)
    with pytest.raises(ValueError, match="persons must be the 2 of .*a.pt, not 1"):
        load_foreign(path, skeleton=skeleton, persons=1, strides=STRIDES)
    with pytest.raises(ValueError, match="format must be auto, 2s-agcn, pyskl, st-gcn, not 'onnx'"):
        load_foreign(path, skeleton=skeleton, format="onnx")
    with pytest.raises(ValueError, match="lacks the key backbone.gcn.0.gcn.conv_d.0.weight of a pyskl file"):
        load_foreign(path, skeleton=skeleton, format="pyskl")
    with pytest.raises(FileNotFoundError, match="a checkpoint is"):
        load_foreign(tmp_path / "no.pt", skeleton=skeleton)
    torch.save({"conv1.weight": torch.zeros(1), "fc.bias": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="not a checkpoint of this project, 2s-AGCN, AAGCN, ST-GCN, PYSKL or "
                                         "mmaction2: its keys are conv1.weight, fc.bias"):
        load_foreign(path, skeleton=skeleton)
    torch.save({"state_dict": [1]}, path)
    with pytest.raises(ValueError, match="state_dict must hold tensors by name, not a list"):
        load_foreign(path, skeleton=skeleton, format="pyskl")


def test_code_in_a_file_is_not_run(tmp_path, skeleton, capsys):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    state = make_state("pyskl")
    torch.save({"meta": Evil(), "state_dict": state}, tmp_path / "a.pth")
    check_logits(load_foreign(tmp_path / "a.pth", skeleton=skeleton, strides=STRIDES), state, "pyskl", skeleton)
    assert not (tmp_path / "ran").exists()
    assert "a.pth: left out what is no tensor and no plain data: " in capsys.readouterr().err
    torch.save({"state_dict": {**state, "backbone.extra": Evil()}}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match="backbone.extra must be a tensor, not a Skipped"):
        load_foreign(tmp_path / "a.pth", skeleton=skeleton, strides=STRIDES)
    assert not (tmp_path / "ran").exists()


def test_open_network(tmp_path, make_network, skeleton):
    save_checkpoint(tmp_path / "ours.pt", make_network(), {"note": "ours"})
    for format in ("auto", "hypgcn"):
        assert open_network(tmp_path / "ours.pt", format=format)[1] == {"note": "ours"}
    with pytest.raises(ValueError, match="is a checkpoint of this project: load_checkpoint reads it"):
        load_foreign(tmp_path / "ours.pt", skeleton=skeleton)
    for name, value in (("skeleton", "ntu25"), ("frames", 9), ("persons", 1), ("stream", "bone")):
        with pytest.raises(ValueError, match=f"{name} must not be given for a checkpoint of this project"):
            open_network(tmp_path / "ours.pt", **{name: value})
    path = write(tmp_path / "a.pt", make_state("2s-agcn", joints=17), "2s-agcn")
    with pytest.raises(ValueError, match="skeleton must be given for .*a.pt: 2s-agcn files do not name theirs"):
        open_network(path)
    with pytest.raises(ValueError, match="format must be one of auto, hypgcn, 2s-agcn, pyskl, st-gcn, not 'onnx'"):
        open_network(path, format="onnx")
    with pytest.raises(FileNotFoundError, match="a checkpoint is"):
        open_network(tmp_path / "no.pt")
    with pytest.raises(FileNotFoundError, match="a checkpoint is"):  # case 9
        open_network(tmp_path / "typo.pt", skeleton="ntu25")
    model, info = open_network(path, skeleton="coco17", frames=20, stream="bone", strides=STRIDES)
    assert model.config.frames == info["preparation"]["frames"] == 20
    assert info["source"]["format"] == "2s-agcn" and info["source"]["architecture"] == "2s-AGCN"
    assert info["source"]["file"] == "a.pt" and "data-dependent graph" in info["source"]["notes"][0]
    assert tuple(info["preparation"]["parents"]) == load_skeleton("coco17").parents


@pytest.mark.parametrize("layout", ["2s-agcn", "pyskl"])
def test_prune_takes_them(tmp_path, layout):
    path = write(tmp_path / "a.pth", make_state(layout, ((8, 1), (8, 1), (12, 2)), joints=17, persons=1, classes=3),
                 layout)
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=3, clips=4, frames=(6, 12)))
    np.savez(tmp_path / "c.npz", data=clips.data, label=clips.label, split=clips.split)
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    args = parser.parse_args(["prune", str(path), "--format", layout, "--skeleton", "coco17", "--frames", "12",
                              "--strides", "1,1,2",
                              "--data", str(tmp_path / "c.npz"), "-o", str(tmp_path / "out"), "--weights-epochs", "1",
                              "--threshold-epochs", "0", "--batch", "4", "--channels", "0.5"])
    args.run(args)
    model, info = load_checkpoint(tmp_path / "out/pruned.safetensors")
    assert not model.config.dynamic_graph and info["source"]["format"] == layout
    assert [int(block.kept.sum()) for block in model.blocks] == [3, 4, 4]
