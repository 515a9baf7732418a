"""``hypgcn allocate`` and ``hypgcn estimate`` for an ensemble: files, tables, errors."""

import json
import re

import pytest
from ensembles import small_ensemble

from hypgcn import __version__, cli
from hypgcn.design.ensemble_folding import load_foldings


@pytest.fixture
def ensemble(tmp_path):
    made = small_ensemble(frames=20, joints=5, persons=1)
    folders = [tmp_path / "two" / stream for stream in made.streams]
    for design, folder in zip(made.designs, folders):
        design.save(folder)
    made.save(tmp_path / "two/ensemble.json", folders)
    return tmp_path / "two", made


def test_allocate_then_estimate(capsys, tmp_path, ensemble):
    folder, made = ensemble
    foldings = tmp_path / "a/foldings.json"
    words = ["allocate", str(folder), "--device", "xcku040", "--dsp", "60", "-o", str(foldings)]
    assert cli.main(words) == 0
    first, second, *_, written, following = capsys.readouterr().out.splitlines()
    assert first == (f"hypgcn {__version__}: ensemble small, hash {made.hash[:16]}; the fastest within XCKU040 "
                     f"(--device) and 60 dsp")
    assert (written, following) == (f"written: {foldings}", f"next: hypgcn verilog {folder} --folding {foldings}")
    load_foldings(foldings, made)
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert cli.main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["device"] == "XCKU040" and found["used"]["dsp"] <= 60 and found["hash"] == made.hash
    assert [row["stream"] for row in found["streams"]] == ["joint", "bone-motion", "shared", "all"]
    *parts, whole = found["streams"]
    assert whole["dsp"] == sum(row["dsp"] for row in parts) == found["used"]["dsp"]
    assert found["cycles"] == max(row.get("cycles", 0) for row in parts)
    assert set(found["units"]) == set(made.streams) and {row["unit"] for row in found["shared"]} == {
        "fork", "sum", "scores"}
    assert second == f"ensemble small on XCKU040: {found['cycles']:,} cycles per clip"
    assert found["available"] == {"dsp": 60, "bram36": 600, "lut": 242_400}
    assert re.search(r"^  of +60 +600 +242,400$", printed, re.MULTILINE)
    assert cli.main(["estimate", str(folder), "--folding", str(foldings)]) == 0
    first, *_, following = capsys.readouterr().out.splitlines()
    assert first == f"ensemble small: {found['cycles']:,} cycles per clip"
    assert following == f"next: hypgcn verilog {folder} --folding {foldings}"
    assert cli.main(["estimate", str(folder), "--folding", str(foldings), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        name: entry for name, entry in found.items() if name not in ("device", "available")}


def test_streams_on_the_command_line(capsys, tmp_path, ensemble):
    folder, made = ensemble
    words = [word for stream in made.streams for word in ("--stream", f"{stream}={folder / stream}")]
    out = tmp_path / "f.json"
    assert cli.main(["allocate", *words, "--dsp", "60", "-o", str(out)]) == 0
    assert [folding.mac for folding in load_foldings(out, made)] == ["dsp48e2"] * 2
    following = capsys.readouterr().out.splitlines()[-1]
    assert following == f"next: hypgcn verilog {' '.join(words)} --folding {out}"


@pytest.mark.parametrize("words,text", [
    (["--dsp", "9"], "more than the budget of 9"),
    (["--latency", "least"], "--latency must be left out for an ensemble, whose networks are estimated by the "
                             "densities"),
    (["--activity", "a.json"], "--activity must be left out for an ensemble"),
])
def test_what_does_not_fit(capsys, tmp_path, ensemble, words, text):
    path = tmp_path / "f.json"
    assert cli.main(["allocate", str(ensemble[0]), *words, "-o", str(path)]) == 2
    assert text in capsys.readouterr().err and not path.exists()


def test_estimate_refuses_what_it_does_not_know(capsys, ensemble, tmp_path):
    folder, _ = ensemble
    assert cli.main(["estimate", str(folder), "--folding", "f.json", "--memory"]) == 2
    assert "--memory must be left out for an ensemble" in capsys.readouterr().err
