"""Foldings: what is legal, what is refused, and the file form."""

import dataclasses

import pytest

from hypgcn.design.folding import BlockFolding, Folding, ScalesFolding
from hypgcn.design.presets import preset
from hypgcn.design.scale_presets import with_scales


def folding(**changes):
    return Folding(blocks=(BlockFolding(**changes), BlockFolding()))


def test_default_is_legal_and_comes_back_from_its_file(tmp_path):
    chosen = folding(lanes=3)
    chosen.validate(preset("tiny"))
    (tmp_path / "f.json").write_text(chosen.to_json(), encoding="utf-8")
    assert Folding.load(tmp_path / "f.json") == chosen


def test_only_parts_are_written_so_that_older_files_stay_as_they_were(tmp_path):
    assert "graph_parts" not in folding().to_json()
    chosen = folding(graph_parts=3)
    (tmp_path / "f.json").write_text(chosen.to_json(), encoding="utf-8")
    assert chosen.to_json().count('"graph_parts": 3') == 1 and Folding.load(tmp_path / "f.json") == chosen


@pytest.mark.parametrize("changes,text", [
    ({"graph_subsets": 4}, r"blocks\[0\].graph_subsets must be in 1..3, not 4"),
    ({"graph_subsets": 0}, r"blocks\[0\].graph_subsets must be in 1..3, not 0"),
    ({"graph_parts": 5}, r"blocks\[0\].graph_parts must be in 1..4, not 5"),
    ({"graph_parts": 2, "graph_subsets": 2}, r"blocks\[0\].graph_parts with graph_subsets 2 must be in 1..1, not 2"),
    ({"conv_joints": 6}, r"blocks\[0\].conv_joints must be in 1..5, not 6"),
    ({"h_width": 3}, r"blocks\[0\].h_width must be one of 2, 4, 8, 16, not 3"),
    ({"h_width": 8, "conv_pairs": 2}, r"blocks\[0\].conv_pairs must be in 4..8, not 2"),
    ({"conv_depth": 9}, r"blocks\[0\].conv_depth must be in 1..8, not 9"),
    ({"h_width": 4, "conv_pairs": 3}, r"blocks\[0\].conv_pairs must be a multiple of h_width / 2 = 2, not 3"),
    ({"lanes": 33}, r"blocks\[0\].lanes must be in 1..32, not 33"),
    ({"y_width": 4}, r"blocks\[0\].lane_pairs must be in 2..8, not 1"),
    ({"x_rows": 4}, r"blocks\[0\].x_rows must be in 5..64, not 4"),
    ({"h_rows": 8}, r"blocks\[0\].h_rows must be in 9..64, not 8"),
    ({"h_requant": "lut"}, r"blocks\[0\].h_requant must be one of 'dsp', 'dsp_shared', 'logic', 'logic_shared', "
                           "'serial', not 'lut'"),
    ({"y_requant": ""}, r"blocks\[0\].y_requant must be one of 'dsp', .*, not ''"),
])
def test_rejects(changes, text):
    with pytest.raises(ValueError, match=text):
        folding(**changes).validate(preset("tiny"))


def test_rejects_kind():
    with pytest.raises(TypeError, match=r"blocks\[0\].lanes must be an integer, not 1.5"):
        folding(lanes=1.5).validate(preset("tiny"))
    with pytest.raises(TypeError, match="skip_absent must be true or false, not 1"):
        dataclasses.replace(folding(), skip_absent=1).validate(preset("tiny"))


def test_an_older_file_leaves_out_absent_persons(tmp_path):
    (tmp_path / "f.json").write_text(folding().to_json().replace(',\n "skip_absent": true', ""), encoding="utf-8")
    assert "skip_absent" not in (tmp_path / "f.json").read_text(encoding="utf-8")
    assert Folding.load(tmp_path / "f.json") == folding()


@pytest.mark.parametrize("changes,text", [
    ({"mac": "lut"}, "mac must be one of 'dsp48e2', 'dsp48e1', 'inferred', 'single', not 'lut'"),
    ({"head_width": 3}, "head_width must be one of 1, 2, 4, 8, 16, not 3"),
    ({"blocks": ()}, "blocks must hold 2 foldings, one per block, not 0"),
])
def test_rejects_network(changes, text):
    with pytest.raises(ValueError, match=text):
        dataclasses.replace(folding(), **changes).validate(preset("tiny"))


def test_chains_of_dsp48e1_are_shorter():
    dataclasses.replace(folding(conv_depth=4), mac="dsp48e1").validate(preset("tiny"))
    dataclasses.replace(folding(conv_depth=8), mac="single").validate(preset("tiny"))
    with pytest.raises(ValueError, match=r"blocks\[0\].conv_depth with mac 'dsp48e1' must be in 1\.\.4, not 5"):
        dataclasses.replace(folding(conv_depth=5), mac="dsp48e1").validate(preset("tiny"))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"blocks": [{"lane": 1}]}', '{"blocks": [], "colour": 1}'])
def test_foreign_file(tmp_path, text):
    (tmp_path / "f.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="f.json is not a folding"):
        Folding.load(tmp_path / "f.json")


def test_forms_of_requantisers_come_back_from_their_file(tmp_path):
    """Those with a DSP for each value have no entry: a file that has none is as it always was."""
    chosen = folding(h_requant="serial", y_requant="logic")
    chosen.validate(preset("tiny"))
    (tmp_path / "f.json").write_text(chosen.to_json(), encoding="utf-8")
    assert Folding.load(tmp_path / "f.json") == chosen
    assert "requant" not in folding().to_json() and "requant" not in scaled().to_json()
    assert scaled(q_requant="serial").to_dict()["blocks"][1]["scales"]["q_requant"] == "serial"


def scaled(**changes):
    return Folding(blocks=(BlockFolding(h_rows=1, scales=ScalesFolding()),
                           BlockFolding(scales=ScalesFolding(**changes))))


def test_scales_come_back_from_their_file(tmp_path):
    chosen = scaled(q_lanes=3, p_ports=2)
    chosen.validate(with_scales(preset("tiny")))
    (tmp_path / "f.json").write_text(chosen.to_json(), encoding="utf-8")
    assert Folding.load(tmp_path / "f.json") == chosen
    assert "scales" not in folding().to_json()


@pytest.mark.parametrize(("changes", "text"), [
    ({"p_lanes": 0}, "p_lanes must be in 1..32, not 0"), ({"q_width": 3}, "q_width must be one of 2, 4, 8, 16, not 3"),
    ({"p_requant": "lut"}, "p_requant must be one of 'dsp', .*, not 'lut'"),
    ({"q_requant": 2}, "q_requant must be one of 'dsp', .*, not 2"),
    ({"p_width": 4}, "p_pairs must be in 2..16, not 1"), ({"q_depth": 3}, "q_depth must be in 1..2, not 3"),
    ({"p_rows": 8}, "p_rows must be in 9..64, not 8"), ({"q_rows": 0}, "q_rows must be in 1..64, not 0"),
    ({"p_ports": 2}, "p_ports must be in 1..1, the readers of the store, not 2"),
    ({"q_ports": 2}, "q_ports must be in 1..1, the readers of the store, not 2")])
def test_rejects_scales(changes, text):
    with pytest.raises(ValueError, match=rf"blocks\[1\].scales.{text}"):
        scaled(**changes).validate(with_scales(preset("tiny")))


def test_scales_are_there_where_the_block_has_them():
    with pytest.raises(ValueError, match=r"blocks\[0\].scales must be there in a multi-scale block"):
        folding().validate(with_scales(preset("tiny")))
    with pytest.raises(ValueError, match=r"blocks\[0\].scales must be absent, because the block has one temporal"):
        Folding(blocks=(BlockFolding(scales=ScalesFolding()), BlockFolding())).validate(preset("tiny"))


def test_a_maximum_needs_a_row_more_of_x():
    with pytest.raises(ValueError, match=r"blocks\[0\].x_rows must be in 6..64, not 5"):
        Folding(blocks=(BlockFolding(x_rows=5, scales=ScalesFolding()),) * 2).validate(with_scales(preset("tiny")))
