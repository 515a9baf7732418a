"""``hypgcn allocate`` and ``hypgcn estimate`` for an ensemble: files, tables, errors."""

import json
import re
from dataclasses import replace

import pytest
from ensembles import small_ensemble

from hypgcn import __version__, cli
from hypgcn.design.ensemble_folding import load_foldings
from hypgcn.planning.allocator.streams import StreamAllocator, cycles_of_streams, estimate_streams
from hypgcn.planning.budget import Budget
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import Activity, load_activities, mean_activities, save_activities


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
    (["--latency", "least"], "--latency must be left out for an ensemble: it is of one network"),
    (["--activity", "a.json"], "--activity must be STREAM=FILE, with STREAM one of joint, bone-motion, not 'a.json'"),
    (["--activity", "bone=a.json"], "--activity must be STREAM=FILE"),
    (["--activity", "joint=a.json"], "--activity must be given for each stream, or for none: bone-motion lacks it"),
])
def test_what_does_not_fit(capsys, tmp_path, ensemble, words, text):
    path = tmp_path / "f.json"
    assert cli.main(["allocate", str(ensemble[0]), *words, "-o", str(path)]) == 2
    assert text in capsys.readouterr().err and not path.exists()


def test_activities_of_each_stream(capsys, tmp_path, ensemble):
    """A network whose clips have more non-zeros than its design says gets more of the budget."""
    folder, made = ensemble
    words, foldings = [], tmp_path / "f.json"
    for stream, design, values in zip(made.streams, made.designs, (16.0, 1.0)):
        busy = [Activity(x_channels=(5.0,) * block.in_channels, x_banks=(16.0,) * block.in_banks,
                         h_banks=(values,) * block.out_banks) for block in design.blocks]
        save_activities(tmp_path / f"{stream}.json", design, busy, "made up")
        words += ["--activity", f"{stream}={tmp_path / stream}.json"]
    options = ["--dsp", "40", "-o", str(foldings), "--json"]
    capsys.readouterr()
    found = []
    for more in ([], words):
        assert cli.main(["allocate", str(folder), *options, *more]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["cycles"] != found[1]["cycles"]
    activities = [load_activities(tmp_path / f"{stream}.json", design)
                  for stream, design in zip(made.streams, made.designs)]
    expected = estimate_streams(made, load_foldings(foldings, made), activities=activities)
    assert found[1]["cycles"] == round(expected.cycles)
    capsys.readouterr()
    assert cli.main(["estimate", str(folder), "--folding", str(foldings), *words]) == 0
    assert f"ensemble small: {found[1]['cycles']:,} cycles per clip" in capsys.readouterr().out


def test_one_network_takes_one_file(capsys, tmp_path):
    assert cli.main(["allocate", "tiny", "--activity", "a", "--activity", "b", "-o", str(tmp_path / "f.json")]) == 2
    assert "--activity must be given once for one network, not 2 times" in capsys.readouterr().err


def test_estimate_refuses_what_it_does_not_know(capsys, ensemble, tmp_path):
    folder, _ = ensemble
    assert cli.main(["estimate", str(folder), "--folding", "f.json", "--memory"]) == 2
    assert "--memory must be left out for an ensemble" in capsys.readouterr().err


def test_clips_of_each_stream(capsys, tmp_path, ensemble):
    """Files that hold single clips choose by the mean over them of the slowest network on each."""
    folder, made = ensemble
    clips, words = [], []
    for stream, design, shares in zip(made.streams, made.designs, ((0.9, 0.1), (0.1, 0.9))):
        clips.append([[Activity.assumed(replace(block, density_x=share, density_h=share), design.joints)
                       for block in design.blocks] for share in shares])
        save_activities(tmp_path / f"{stream}.json", design, mean_activities(clips[-1]), "made up", clips[-1])
        words += ["--activity", f"{stream}={tmp_path / stream}.json"]
    foldings = tmp_path / "f.json"
    options = ["allocate", str(folder), "--dsp", "60", "-o", str(foldings), *words]
    assert cli.main(options) == 0
    assert ", mean over 2 clips\n" in capsys.readouterr().out
    assert cli.main([*options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    each = cycles_of_streams(made, load_foldings(foldings, made), clips)
    assert found["clips"] == [round(cycles) for cycles in each] and found["cycles"] == round(sum(each) / 2)
    assert found["cycles"] == round(StreamAllocator(made, clips=clips).solve(
        Budget.of(Device.load("xcku115"), dsp="60")).cycles)
    save_activities(tmp_path / "joint.json", made.designs[0], mean_activities(clips[0]), "made up", clips[0][:1])
    assert cli.main(options) == 2
    assert (f"--activity: files must hold the same clips for each stream: {tmp_path / 'joint.json'} holds 1, "
            f"{tmp_path / 'bone-motion.json'} holds 2") in capsys.readouterr().err
