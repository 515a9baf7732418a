"""The design contract: what is saved comes back, and everything that is wrong is named."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from hypgcn.design import Design
from hypgcn.design.presets import preset
from hypgcn.design.tensors import dump_tensors, parse_tensors


@pytest.fixture
def design():
    return preset("tiny")


def test_saved_design_comes_back(design, tmp_path):
    design.save(tmp_path / "d")
    again = Design.load(tmp_path / "d" / "design.json")
    assert again.hash == design.hash
    assert again._scalars() == design._scalars()
    assert again.meta == design.meta
    for name, array in design.tensors().items():
        np.testing.assert_array_equal(again.tensors()[name], array)


def of_version(design, version, folder):
    """``design``, whose depths are taken as those of each row, in the files of an earlier version."""
    design.save(folder)
    data = json.loads((folder / "design.json").read_text(encoding="utf-8"))
    meta = data.pop("meta")
    del data["hash"]
    data["version"] = version
    for block in data["blocks"]:
        for name in ("x_entries", "h_entries", *(("threshold_z", "density_z") if version == 1 else ())):
            del block[name]
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    content = text.encode() + (folder / "weights.safetensors").read_bytes()
    data |= {"hash": hashlib.sha256(content).hexdigest(), "meta": meta}
    (folder / "design.json").write_text(json.dumps(data), encoding="utf-8")
    return data["hash"]


@pytest.mark.parametrize("version,digest", [
    (1, "8b1b50fb46d2aa87d3faea15db754f651d93a7812ded653cf20d50c57ce0dbd5"), (2, None)])
def test_depths_of_rows_become_those_of_windows(design, tmp_path, version, digest):
    """The file's hash is the one that the preset had then; a window of W rows gets W times the depths of a row."""
    old = dataclasses.replace(design, blocks=tuple(
        dataclasses.replace(block, x_depths=(5 * block.in_banks,) * 4, h_depths=(5 * block.out_banks,) * 4,
                            **({"threshold_z": 0, "density_z": 1.0} if version == 1 else {}))
        for block in design.blocks))
    found = of_version(old, version, tmp_path)
    assert digest in (None, found)
    again = Design.load(tmp_path)
    assert [block.x_depths for block in again.blocks] == [(25,) * 4] * 2
    assert [block.h_depths for block in again.blocks] == [(45,) * 4, (90,) * 4]
    assert again.hash == dataclasses.replace(old, blocks=design.blocks if version == 2 else again.blocks).hash != found
    again.save(tmp_path / "again")
    assert Design.load(tmp_path / "again").hash == again.hash


def test_an_earlier_version_must_fit_its_hash_too(design, tmp_path):
    of_version(dataclasses.replace(design, blocks=tuple(
        dataclasses.replace(block, x_depths=(5,) * 4, h_depths=(5,) * 4) for block in design.blocks)), 2, tmp_path)
    edit(tmp_path, frames=7)
    with pytest.raises(ValueError, match="do not belong together"):
        Design.load(tmp_path)


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
    ("class_names", ("a", "b\n", "c"), r"class_names\[1\] must be printable, on one line, not 'b\\n'"),
    ("name", "a}; exit; {", "name must be without .*, not 'a}; exit; {' with ; { }"),
    ("name", "", "name must not be empty"),
    ("blocks", (), "blocks must hold at least one block"),
    ("channels", 4, r"blocks\[0\].in_channels must be 4, the channels of its input, not 3"),
    ("head", np.zeros((3, 7), np.int8), r"head must have shape \(3, 20\), not \(3, 7\)"),
    ("input_mult", np.full((2, 3, 5), 70000, np.int32), "input_mult must be in -65535..65535"),
    ("head_bias", np.zeros(3, np.int32), "head_bias must be int64, not int32"),
])
def test_rejects(design, field, value, text):
    with pytest.raises(ValueError, match=text):
        dataclasses.replace(design, **{field: value})


def test_rejects_minus_128(design):
    head = design.head.copy()
    head[0, 0] = -128
    with pytest.raises(ValueError, match="head must be in -127..127, not -128.."):
        dataclasses.replace(design, head=head)


@pytest.mark.parametrize("change,error,text", [
    (lambda folder: (folder / "design.json").unlink(), FileNotFoundError, "design.json not found"),
    (lambda folder: (folder / "weights.safetensors").unlink(), FileNotFoundError, "weights.safetensors not found"),
    (lambda folder: (folder / "design.json").write_text("{", encoding="utf-8"), ValueError, "is not JSON"),
    (lambda folder: (folder / "design.json").write_text("[]", encoding="utf-8"), ValueError, "is not a design"),
    (lambda folder: edit(folder, version=5), ValueError, "version must be in 1..4, not 5; a later version"),
    (lambda folder: edit(folder, version="1"), ValueError, "version must be in 1..4, not '1'"),
    (lambda folder: edit(folder, version=2), ValueError, "do not belong together"),
    (lambda folder: edit(folder, format="other"), ValueError, "format must be 'hypgcn-design'"),
    (lambda folder: edit(folder, frames=7), ValueError, "do not belong together"),
    (lambda folder: edit(folder, frames="7"), ValueError, "frames must be an integer"),
    (lambda folder: edit(folder, colour="red"), ValueError, "colour"),
    (lambda folder: cut(folder, 100), ValueError, "header is cut off"),
    (lambda folder: cut(folder, -100), ValueError, "the file is cut off or damaged"),
    (lambda folder: swap(folder, lambda t: t.pop("blocks.1.spatial")), ValueError, "spatial must be a NumPy array"),
    (lambda folder: swap(folder, lambda t: t.update(extra=np.zeros(1, np.int8))), ValueError,
     "the design does not have: extra"),
])
def test_damaged_files(design, tmp_path, change, error, text):
    design.save(tmp_path)
    change(tmp_path)
    with pytest.raises(error, match=text):
        Design.load(tmp_path)


def edit(folder, **changes):
    data = json.loads((folder / "design.json").read_text(encoding="utf-8"))
    (folder / "design.json").write_text(json.dumps({**data, **changes}), encoding="utf-8")


def cut(folder, count):
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:count])


def swap(folder, change):
    tensors = parse_tensors(folder / "weights.safetensors")
    change(tensors)
    (folder / "weights.safetensors").write_bytes(dump_tensors(tensors))


def test_a_name_with_syntax_is_refused_when_loaded(design, tmp_path):
    """A design.json from elsewhere whose name would leave its word in Tcl."""
    design.save(tmp_path)
    data = json.loads((tmp_path / "design.json").read_text(encoding="utf-8"))
    (tmp_path / "design.json").write_text(json.dumps({**data, "name": "x}; exec touch owned; set y {"}),
                                          encoding="utf-8")
    with pytest.raises(ValueError, match="name must be without"):
        Design.load(tmp_path)
