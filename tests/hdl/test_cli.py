import dataclasses
import json
import subprocess
import sys
import types

import numpy as np
import pytest
from ensembles import small_ensemble

from hypgcn import __version__, cli
from hypgcn.design.clip import Preparation
from hypgcn.design.ensemble_folding import foldings_to_json
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import PRESETS, preset
from hypgcn.design.raw_input import RawInput
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.streams import streams_within
from hypgcn.planning.defaults import DEFAULT_MULTIPLIERS
from hypgcn.testbench.clips import generated_clips


def error_of(capsys, *argv):
    """The one line that a failing call prints."""
    assert cli.main(list(argv)) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("hypgcn: error: ")
    return captured.err


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"hypgcn {__version__}\n"


def test_presets_are_listed(capsys):
    assert cli.main(["presets"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[1:-1]] == list(PRESETS)
    assert printed[-1] == "next: hypgcn verilog tiny"
    assert cli.main(["presets", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    for line, row in zip(printed[1:], rows, strict=False):
        values = list(row.values())
        assert line.split() == [str(value) for value in (*values[:2], f"{values[2]}-{values[3]}", *values[4:])]


def test_verilog_says_what_and_where(capsys, monkeypatch, tmp_path):
    called = {}

    def generate(design, folding, out_dir, *, name, bus_width, testbench, source, progress):
        called.update(design=design, folding=folding, out_dir=out_dir, name=name, bus_width=bus_width,
                      testbench=testbench, source=source)
        return types.SimpleNamespace(files={"a.sv": "x" * 250_000}, sidecar={"multipliers": 7})
    monkeypatch.setattr("hypgcn.generate.generate", generate)
    measure = tmp_path / "build" / "m.json"
    assert cli.main(["verilog", "tiny", "-o", str(tmp_path / "out"), "--name", "top", "--measure", str(measure)]) == 0
    printed = capsys.readouterr().out
    measured = json.loads(measure.read_text(encoding="utf-8"))
    assert (measured["multipliers"], measured["files"], measured["megabytes"]) == (7, 2, 0.2)
    assert 0 <= measured["seconds"] < 60 and 0 <= measured["cpu_seconds"] < 60 and measured["peak_memory_mb"] > 10
    assert "2 files, 0.2 MB, 7 multipliers" in printed
    first, *_, written, following = printed.splitlines()
    assert first == (f"hypgcn {__version__}: design tiny-seeded, hash {preset('tiny').hash[:16]}; folding: the fastest "
                     f"with at most 3,544 multipliers (--multipliers)")
    assert written.startswith(f"written: {tmp_path / 'out'} and {measure}; 2 files") and following == (
        f"next: hypgcn lint {tmp_path / 'out'} --name top")
    assert called["name"] == "top"
    assert called["folding"] == within(preset("tiny"), DEFAULT_MULTIPLIERS)
    assert called["out_dir"] == tmp_path / "out"
    assert called["bus_width"] == 32
    assert cli.main(["verilog", "tiny", "-o", str(tmp_path / "out"), "--multipliers", "40"]) == 0
    assert called["folding"] == within(preset("tiny"), 40)
    assert "with at most 40 multipliers" in capsys.readouterr().out
    for argv, width in ((["--bus-width", "64"], 64), (["--bare"], None)):
        assert cli.main(["verilog", "tiny", "-o", str(tmp_path / "out"), *argv]) == 0
        assert called["bus_width"] == width
    assert called["testbench"] is None and called["source"] is False
    assert cli.main(["verilog", "tiny", "-o", str(tmp_path / "out"), "--source"]) == 0 and called["source"] is True
    assert cli.main(["verilog", "tiny", "-o", str(tmp_path / "out"), "--testbench", "--clips", "3"]) == 0
    np.testing.assert_array_equal(called["testbench"], generated_clips(preset("tiny"), 3))
    np.save(tmp_path / "clips.npy", generated_clips(preset("tiny"), 2)[::-1])
    argv = ["verilog", "tiny", "-o", str(tmp_path / "out"), "--testbench", str(tmp_path / "clips.npy")]
    assert cli.main(argv) == 0
    np.testing.assert_array_equal(called["testbench"], generated_clips(preset("tiny"), 2)[::-1])


def test_a_testbench_that_cannot_be(capsys, tmp_path):
    np.save(tmp_path / "clips.npy", generated_clips(preset("tiny"), 1))
    for options, text in (
        (["--testbench", "--bare"], "--testbench needs the AXI buses, which --bare leaves out"),
        (["--testbench", "--clips", "0"], "--clips must be at least 1, not 0"),
        (["--testbench", str(tmp_path / "clips.npy")], "clips.npy holds 1 clips, fewer than the 2 of --clips"),
        (["--testbench", str(tmp_path / "nowhere.npy")], "nowhere.npy"),
    ):
        assert text in error_of(capsys, "verilog", "tiny", "-o", str(tmp_path / "out"), *options)
    assert not (tmp_path / "out").exists()


def test_design_from_folder(tmp_path):
    preset("tiny").save(tmp_path)
    assert cli.load_design(str(tmp_path)).hash == preset("tiny").hash
    assert cli.load_design(str(tmp_path / "design.json")).hash == preset("tiny").hash


def test_unknown_design(capsys, tmp_path):
    text = error_of(capsys, "verilog", "nowhere", "-o", str(tmp_path / "out"))
    assert "'nowhere'" in text
    assert "tiny" in text
    assert not (tmp_path / "out").exists()


def test_foreign_design(capsys, tmp_path):
    (tmp_path / "design.json").write_text('{"format": "other"}', encoding="utf-8")
    (tmp_path / "weights.safetensors").write_bytes(b"")
    assert "format must be 'hypgcn-design'" in error_of(capsys, "verilog", str(tmp_path))


def test_wrong_kind_in_design(capsys, tmp_path):
    preset("tiny").save(tmp_path)
    data = json.loads((tmp_path / "design.json").read_text(encoding="utf-8"))
    data["frames"] = "many"
    (tmp_path / "design.json").write_text(json.dumps(data), encoding="utf-8")
    assert "frames must be an integer, not 'many'" in error_of(capsys, "verilog", str(tmp_path))


@pytest.mark.parametrize(("content", "text"), [
    ("{}", "is not a folding: it must be an object with blocks, and may have mac, head_width, skip_absent; hypgcn "
           "allocate writes one"),
    ("[]", "is not a folding: it must be an object with blocks"),
    ("no json", "is not a folding, which is a JSON file that hypgcn allocate writes: "),
    ('{"blocks": [{"lane": 1}]}', "hypgcn allocate writes one"),
    ('{"blocks": []}', "blocks must hold 2 foldings"),
    ('{"blocks": [{"lanes": "x"}, {}]}', "lanes must be an integer"),
    ('{"blocks": [{"lanes": 99}, {}]}', "lanes must be in"),
])
def test_bad_folding(capsys, tmp_path, content, text):
    (tmp_path / "folding.json").write_text(content, encoding="utf-8")
    assert text in error_of(capsys, "verilog", "tiny", "--folding", str(tmp_path / "folding.json"))


def test_raw_joints_that_cannot_be(capsys, tmp_path):
    """The preset does not say how its clips are prepared, and a bus of eight bits holds no coordinate."""
    out = str(tmp_path / "out")
    assert "design tiny-seeded does not hold how clips are prepared" in error_of(
        capsys, "verilog", "tiny", "--input", "raw", "-o", out)
    assert "--unit must be left out without --input raw, not 'mm'" in error_of(
        capsys, "verilog", "tiny", "--unit", "mm", "-o", out)
    preparation = Preparation(frames=6, scale="none", centre=0).to_dict()
    dataclasses.replace(preset("tiny"), meta={"preparation": preparation}).save(tmp_path / "design")
    assert "bus_width must be at least 16 for raw joints, which have 16 bits a coordinate, not 8" in error_of(
        capsys, "verilog", str(tmp_path / "design"), "--input", "raw", "--bus-width", "8", "-o", out)
    assert not (tmp_path / "out").exists()


def test_raw_joints(monkeypatch, tmp_path):
    """The generator gets the converted design, and generated clips are raw."""
    called = {}
    preparation = Preparation(frames=6, scale="none", centre=0).to_dict()
    dataclasses.replace(preset("tiny"), meta={"preparation": preparation}).save(tmp_path / "design")

    def generate(design, *args, testbench, **options):
        called.update(design=design, testbench=testbench)
        raise ValueError("enough")

    monkeypatch.setattr("hypgcn.generate.generate", generate)
    assert cli.main(["verilog", str(tmp_path / "design"), "--input", "raw", "--patience", "4", "--testbench", "--clips",
                     "1", "-o", str(tmp_path / "out")]) == 2
    assert called["design"].raw == RawInput(unit="mm", centre=0, centring="first", patience=4)
    np.testing.assert_array_equal(called["testbench"], generated_clips(called["design"], 1))


def test_missing_folding(capsys, tmp_path):
    assert "folding.json" in error_of(capsys, "verilog", "tiny", "--folding", str(tmp_path / "folding.json"))


def test_bad_name(capsys):
    assert "--name must be a Verilog identifier, not '1x'" in error_of(capsys, "verilog", "tiny", "--name", "1x")


def test_bad_bus_width(capsys, tmp_path):
    argv = ["verilog", "tiny", "-o", str(tmp_path / "out"), "--bus-width", "24"]
    assert "bus_width must be one of 8, 16, 32, 64, 128, 256, 512, not 24" in error_of(capsys, *argv)
    assert not (tmp_path / "out").exists()


def test_traceback_on_request():
    with pytest.raises(ValueError, match="nowhere"):
        cli.main(["--traceback", "verilog", "nowhere"])


def test_no_command():
    with pytest.raises(SystemExit, match="2"):
        cli.main([])


def test_plugin(capsys, monkeypatch):
    def register(commands):
        parser = commands.add_parser("greet")
        parser.set_defaults(run=lambda args: print("hello") or 1)
    entry = types.SimpleNamespace(name="greet", load=lambda: register)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points", lambda group: [entry])
    assert cli.main(["greet"]) == 1
    assert capsys.readouterr().out == "hello\n"


def test_plugin_without_its_library(capsys, monkeypatch):
    def load():
        raise ModuleNotFoundError("No module named 'torch'", name="torch")
    entry = types.SimpleNamespace(name="train", load=load)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points", lambda group: [entry])
    assert "needs torch" in error_of(capsys, "train", "--epochs", "3")


@pytest.mark.parametrize(("typed", "hint"), [("trian", "did you mean train?"), ("verilgo", "did you mean verilog?"),
                                             ("xyzzy", "hypgcn --help lists them")])
def test_a_mistyped_command(capsys, typed, hint):
    with pytest.raises(SystemExit, match="2"):
        cli.main([typed])
    assert f"hypgcn: error: '{typed}' is no command: {hint}\n" in capsys.readouterr().err


def test_other_choices_are_listed_as_ever(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["run", "x", "--driver", "java"])
    assert "choose from" in capsys.readouterr().err


def test_an_interrupt_is_one_line(capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt
    monkeypatch.setattr(cli, "load_design", interrupted)
    assert cli.main(["verilog", "tiny"]) == 130
    assert capsys.readouterr().err.strip() == ("hypgcn: interrupted; finished files are whole, and the same command "
                                               "goes on from what is there")
    with pytest.raises(KeyboardInterrupt):
        cli.main(["--traceback", "verilog", "tiny"])


@pytest.mark.parametrize("words", [["presets"], ["presets", "--json"]])
def test_a_reader_that_leaves_is_no_error(words):
    """As ``head`` does."""
    with subprocess.Popen([sys.executable, "-m", "hypgcn.cli", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_another_broken_pipe_is_an_error(capsys, monkeypatch):
    def broken(*arguments):
        raise BrokenPipeError(32, "Broken pipe")
    monkeypatch.setattr(cli, "load_design", broken)
    assert cli.main(["verilog", "tiny"]) == 2
    assert "Broken pipe" in capsys.readouterr().err


def test_places_are_checked_before_the_work(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "load_design", lambda text: pytest.fail("the work began"))
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "hypgcn.sv").write_text("module mine; endmodule", encoding="utf-8")
    assert "--out must be a folder, or a place for a new one, not " in error_of(capsys, "verilog", "tiny", "-o",
                                                                                str(tmp_path / "file"))
    assert "hypgcn.sv would be overwritten" in error_of(capsys, "verilog", "tiny", "-o", str(tmp_path))
    assert "--measure must be a file, not " in error_of(capsys, "verilog", "tiny", "-o", str(tmp_path / "new"),
                                                        "--measure", str(tmp_path))
    assert "must be a file, not " in error_of(capsys, "allocate", "tiny", "-o", str(tmp_path))
    assert "--out must be a file, not " in error_of(capsys, "devices", "-o", str(tmp_path))
    assert "--out must be a folder" in error_of(capsys, "vivado", "tiny", "--part", "xcku115-flva1517-2-e", "-o",
                                                str(tmp_path / "file"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "hypgcn.sv"]


def test_verilog_of_an_ensemble(capsys, monkeypatch, tmp_path):
    """Streams or their folder, foldings of a file, clips of the raw joints that all take."""
    called = []

    def generate_ensemble(ensemble, foldings, out_dir, *, name, bus_width, testbench, source, progress):
        called.append((ensemble, foldings, bus_width, testbench))
        return types.SimpleNamespace(files={}, sidecar={"multipliers": 7})
    monkeypatch.setattr("hypgcn.generate.generate_ensemble", generate_ensemble)
    made = small_ensemble()
    folders = [tmp_path / "two" / stream for stream in made.streams]
    for design, folder in zip(made.designs, folders):
        design.save(folder)
    made.save(tmp_path / "two/ensemble.json", folders)
    foldings = (Folding(blocks=(BlockFolding(),)), Folding(blocks=(BlockFolding(lane_pairs=2),)))
    (tmp_path / "f.json").write_text(foldings_to_json(made, foldings), encoding="utf-8")
    words = [word for stream, folder in zip(made.streams, folders) for word in ("--stream", f"{stream}={folder}")]
    out = ["-o", str(tmp_path / "out")]
    assert cli.main(["verilog", *words, "--weight", "bone-motion=2", *out, "--folding", str(tmp_path / "f.json"),
                     "--testbench", "--clips", "3", "--measure", str(tmp_path / "m.json")]) == 0
    ensemble, found, bus_width, clips = called[0]
    assert (ensemble.hash, found, bus_width, len(clips)) == (made.hash, foldings, 32, 3)
    assert clips.dtype == np.int16
    assert f"ensemble joint+bone-motion, hash {made.hash[:16]}" in capsys.readouterr().out
    assert json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))["blocks"] == 2
    assert cli.main(["verilog", str(tmp_path / "two"), *out, "--bare"]) == 0
    assert called[1][0].hash == made.hash and called[1][2:] == (None, None)
    assert called[1][1] == streams_within(made, DEFAULT_MULTIPLIERS)
    assert "streams must be joint, bone-motion, not " not in capsys.readouterr().err
    (tmp_path / "f.json").write_text(foldings[0].to_json(), encoding="utf-8")
    assert "f.json is not a file of foldings: it must be an object with streams" in error_of(
        capsys, "verilog", str(tmp_path / "two"), "--folding", str(tmp_path / "f.json"), *out)
