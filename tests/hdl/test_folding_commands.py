"""``hypgcn allocate`` and ``hypgcn estimate``: files, tables, errors."""

import json

from hypgcn import cli
from hypgcn.folding import Folding
from hypgcn.presets import preset


def test_allocate_then_estimate(capsys, tmp_path):
    folding, report, rows = (tmp_path / "a" / f"{name}.json" for name in ("folding", "report", "rows"))
    assert cli.main(["allocate", "tiny", "--device", "xcku040", "--dsp", "80", "-o", str(folding),
                     "--report", str(report)]) == 0
    printed = capsys.readouterr().out
    Folding.load(folding).validate(preset("tiny"))
    found = json.loads(report.read_text())
    assert found["device"] == "XCKU040" and found["used"]["dsp"] <= 80
    assert f"{found['cycles']:,} cycles per clip" in printed and "faster by 5 %" in printed
    assert "bram36" in printed and str(folding) in printed
    assert cli.main(["estimate", "tiny", "--folding", str(folding), "--json", str(rows)]) == 0
    assert json.loads(rows.read_text()) == found["units"]
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last[:3] == ["all", f"{found['cycles']:,}", str(found["used"]["dsp"])]


def test_multipliers_of_the_device_decide_the_form(tmp_path):
    path = tmp_path / "folding.json"
    assert cli.main(["allocate", "tiny", "--device", "lfe5u-85f", "-o", str(path)]) == 0
    assert Folding.load(path).mac == "single"


def test_what_does_not_fit(capsys, tmp_path):
    path = tmp_path / "folding.json"
    assert cli.main(["allocate", "tiny", "--bram36", "1", "--dsp", "9", "-o", str(path)]) == 2
    assert "more than the budget of 9" in capsys.readouterr().err
    assert not path.exists()


def test_unknown_device(capsys):
    assert cli.main(["allocate", "tiny", "--device", "none"]) == 2
    assert "device must be one of" in capsys.readouterr().err
