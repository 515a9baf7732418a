"""``hypgcn report``."""

import re

import pytest
from ensembles import saved, small_ensemble

from hypgcn import cli
from hypgcn.design.ensemble_folding import foldings_to_json
from hypgcn.design.presets import preset
from hypgcn.pages import browser
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.streams import estimate_streams, streams_within


@pytest.fixture
def folding(tmp_path):
    path = tmp_path / "folding.json"
    path.write_text(within(preset("tiny"), 256).to_json(), encoding="utf-8", newline="\n")
    return path


def test_writes_the_page(folding, tmp_path, capsys, monkeypatch):
    out = tmp_path / "new/report.html"
    opened = []
    monkeypatch.setattr(browser.webbrowser, "open", lambda address: opened.append(address) or True)
    assert cli.main(["report", "tiny", "--folding", str(folding), "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "tiny-seeded on XCKU115, by estimate: " in printed and f"written: {out}" in printed and not opened
    html = out.read_text(encoding="utf-8")
    assert "tiny-seeded" in html and f"from {folding}" in html
    assert cli.main(["report", "tiny", "--folding", str(folding), "-o", str(out), "--open"]) == 0
    assert opened == [out.as_uri()]


def test_without_a_folding_it_is_the_fastest_that_fits(tmp_path):
    out = tmp_path / "report.html"
    assert cli.main(["report", "tiny", "--device", "xc7s50", "-o", str(out)]) == 0
    assert "the fastest that fits XC7S50, by estimate" in out.read_text(encoding="utf-8")


def test_an_ensemble(tmp_path, capsys):
    """The budget is of all networks together; the page says how it was made."""
    made, out = small_ensemble(frames=4, joints=5, persons=1), tmp_path / "report.html"
    folder = saved(made, tmp_path / "two")
    assert cli.main(["report", folder, "--device", "xc7a35t", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"ensemble small, hash {made.hash[:16]}; foldings the fastest that fits XC7A35T, by estimate" in printed
    assert printed.endswith(f"next: hypgcn verilog {folder}\n")
    html = out.read_text(encoding="utf-8")
    assert f"hypgcn report {folder} --device xc7a35t" in html and "does not fit" not in html
    foldings = streams_within(made, 60)
    (tmp_path / "f.json").write_text(foldings_to_json(made, foldings), encoding="utf-8")
    words = [word for stream in made.streams for word in ("--stream", f"{stream}={tmp_path / 'two' / stream}")]
    assert cli.main(["report", *words, "--weight", "bone-motion=2", "--folding", str(tmp_path / "f.json"), "-o",
                     str(out)]) == 0
    printed = capsys.readouterr().out
    cycles = estimate_streams(made, foldings).cycles
    assert f"{172e6 / cycles:,.0f} clips/s, " in printed and f"foldings from {tmp_path / 'f.json'}" in printed
    assert printed.endswith(f"next: hypgcn verilog {' '.join(words)} --weight bone-motion=2\n")


@pytest.mark.parametrize(("words", "message"), [
    ((), "DESIGN must be given, or --stream NAME=DESIGN twice or more"),
    (("nothing",), "design 'nothing' is neither a folder with design.json nor a preset"),
    (("tiny", "--device", "xc1"), "device must be one of .* not 'xc1'"),
    (("tiny", "--folding", "none.json"), "none.json"),
    (("tiny", "-o", "."), "--out must be a file, not ., which is a folder"),
])
def test_errors(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", *words]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "build").exists()
