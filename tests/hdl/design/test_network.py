"""The design contract: what is saved comes back, and everything that is wrong is named."""

import dataclasses
import json

import numpy as np
import pytest

from hypgcn.design import Design
from hypgcn.presets import preset, random_block
from hypgcn.design.tensors import dump_tensors, parse_tensors


@pytest.fixture
def design():
    return preset("tiny")


def with_block(design, index, **changes):
    blocks = list(design.blocks)
    blocks[index] = dataclasses.replace(blocks[index], **changes)
    return dataclasses.replace(design, blocks=tuple(blocks))


def test_saved_design_comes_back(design, tmp_path):
    design.save(tmp_path / "d")
    again = Design.load(tmp_path / "d" / "design.json")
    assert again.hash == design.hash
    assert again._scalars() == design._scalars()
    assert again.meta == design.meta
    for name, array in design.tensors().items():
        np.testing.assert_array_equal(again.tensors()[name], array)


def test_same_design_same_bytes(design, tmp_path):
    for name in ("a", "b"):
        preset("tiny").save(tmp_path / name)
    for name in ("design.json", "weights.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_hash_follows_weights_and_ignores_meta(design):
    assert dataclasses.replace(design, meta={"note": 1}).hash == design.hash
    head = design.head.copy()
    head[0, 0] ^= 1
    assert dataclasses.replace(design, head=head).hash != design.hash


def test_weights_are_read_by_the_safetensors_package(design, tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="the safetensors package comes with the train extra")
    design.save(tmp_path)
    found = safetensors.load_file(tmp_path / "weights.safetensors")
    for name, array in design.tensors().items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("field,value,text", [
    ("frames", 0, "frames must be in 1..4096, not 0"),
    ("joints", 65, "joints must be in 1..64, not 65"),
    ("kernel", 4, "kernel must be odd, not 4"),
    ("input_scale", 0.0, "input_scale must be a positive number, not 0.0"),
    ("logit_scale", float("nan"), "logit_scale must be a positive number, not nan"),
    ("class_names", ("a",), "class_names must hold 3 names or none, not 1"),
    ("blocks", (), "blocks must hold at least one block"),
    ("channels", 4, r"blocks\[0\].in_channels must be 4, the channels that come in, not 3"),
    ("head", np.zeros((3, 7), np.int8), r"head must have shape \(3, 20\), not \(3, 7\)"),
    ("input_mult", np.full((2, 3, 5), 70000, np.int32), "input_mult must be in -65535..65535"),
    ("head_bias", np.zeros(3, np.int32), "head_bias must be int64, not int32"),
])
def test_rejects(design, field, value, text):
    with pytest.raises(ValueError, match=text):
        dataclasses.replace(design, **{field: value})


@pytest.mark.parametrize("index,changes,text", [
    (1, {"stride": 3}, r"blocks\[1\].stride must be in 1..2, not 3"),
    (1, {"shortcut_h": "sum"}, r"blocks\[1\].shortcut_h must be one of 'identity', 'conv', not 'sum'"),
    (1, {"shortcut_h": "identity", "down": None}, "an identity shortcut needs in_channels equal to out_channels"),
    (1, {"shortcut_y": "none"}, r"blocks\[1\].res must be absent"),
    (1, {"down": None}, r"blocks\[1\].down must be a NumPy array"),
    (1, {"h_shift": 0}, r"blocks\[1\].h_shift must be in 1..31, not 0"),
    (1, {"threshold_h": 128}, r"blocks\[1\].threshold_h must be in 0..127, not 128"),
    (1, {"x_depths": (5, 5, 5)}, r"blocks\[1\].x_depths must be 4 values"),
    (1, {"x_depths": (1, 2, 1, 1)}, "that do not increase"),
    (1, {"h_depths": (11, 1, 1, 1)}, r"in 1..10 that do not increase"),
    (1, {"density_h": 1.5}, r"blocks\[1\].density_h must be in 0..1, not 1.5"),
    (1, {"kept": np.zeros(16, np.uint8)}, r"blocks\[1\].kept must keep at least one channel"),
    (1, {"kept": np.eye(1, 16, dtype=np.uint8)[0]}, "spatial must be zero for the channels that kept drops"),
    (1, {"filters": np.zeros(20, np.uint8)}, "temporal must be zero for the output channels that filters drops"),
    (1, {"taps": np.zeros((2, 9), np.uint8)}, "temporal must be zero where taps cuts a tap of a bank"),
    (0, {"graph": np.zeros((3, 6, 6), np.int8)}, r"blocks\[0\].graph must have shape \(3, 5, 5\), not \(3, 6, 6\)"),
    (0, {"h_mult": np.full(16, 65536, np.int32)}, r"blocks\[0\].h_mult must be in 0..65535"),
])
def test_rejects_block(design, index, changes, text):
    with pytest.raises((ValueError, TypeError), match=text):
        with_block(design, index, **changes)


def test_rejects_minus_128(design):
    head = design.head.copy()
    head[0, 0] = -128
    with pytest.raises(ValueError, match="head must be in -127..127, not -128.."):
        dataclasses.replace(design, head=head)


def test_wide_accumulator_is_refused():
    block = random_block(0, joints=1, subsets=8, in_channels=1024, out_channels=1, kernel=1)
    block.validate("b", 1, 8, 1)
    wide = dataclasses.replace(block, spatial=np.full_like(block.spatial, 127))
    with pytest.raises(ValueError, match="b.spatial: the accumulator needs 29 bits, but at most 27 are supported"):
        wide.validate("b", 1, 8, 1)


def test_accumulator_width_holds_the_worst_case(design):
    for block in design.blocks:
        total = np.abs(block.temporal.astype(int)).sum(axis=(1, 2))
        if block.res is not None:
            total += np.abs(block.res.astype(int)).sum(axis=1)
        most = int(total.max()) * 128
        assert -(1 << block.y_acc_width - 1) <= -most and most < 1 << block.y_acc_width - 1


@pytest.mark.parametrize("change,error,text", [
    (lambda folder: (folder / "design.json").unlink(), FileNotFoundError, "design.json not found"),
    (lambda folder: (folder / "weights.safetensors").unlink(), FileNotFoundError, "weights.safetensors not found"),
    (lambda folder: (folder / "design.json").write_text("{"), ValueError, "is not JSON"),
    (lambda folder: (folder / "design.json").write_text("[]"), ValueError, "is not a design"),
    (lambda folder: edit(folder, version=2), ValueError, "version must be 1, not 2"),
    (lambda folder: edit(folder, format="other"), ValueError, "format must be 'hypgcn-design'"),
    (lambda folder: edit(folder, frames=7), ValueError, "do not belong together"),
    (lambda folder: edit(folder, frames="7"), ValueError, "frames must be an integer"),
    (lambda folder: edit(folder, colour="red"), ValueError, "colour"),
    (lambda folder: cut(folder, 100), ValueError, "header is cut off"),
    (lambda folder: cut(folder, -100), ValueError, "the file is cut off or damaged"),
    (lambda folder: swap(folder, lambda t: t.pop("blocks.1.spatial")), ValueError, "spatial must be a NumPy array"),
    (lambda folder: swap(folder, lambda t: t.update(extra=np.zeros(1, np.int8))), ValueError, "no block knows: extra"),
])
def test_damaged_files(design, tmp_path, change, error, text):
    design.save(tmp_path)
    change(tmp_path)
    with pytest.raises(error, match=text):
        Design.load(tmp_path)


def edit(folder, **changes):
    data = json.loads((folder / "design.json").read_text())
    (folder / "design.json").write_text(json.dumps({**data, **changes}))


def cut(folder, count):
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:count])


def swap(folder, change):
    tensors = parse_tensors(folder / "weights.safetensors")
    change(tensors)
    (folder / "weights.safetensors").write_bytes(dump_tensors(tensors))
