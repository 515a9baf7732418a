"""``hypgcn run`` on a device that the golden model stands in for; the real one is in test_drivers.py."""

import dataclasses
import json
import types

import numpy as np
import pytest
from ensembles import saved, small_ensemble

import hypgcn_host.simulator
from hypgcn import __version__, cli
from hypgcn.design.clip import Preparation
from hypgcn.design.presets import preset
from hypgcn.design.raw_conversion import RawSettings, with_raw_input
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run as golden
from hypgcn.shell import ShellConfig
from hypgcn.shell.registers import ABI, ENSEMBLE_ABI, MAGIC, register
from hypgcn.shell.top import Top
from hypgcn.testbench.clips import generated_clip
from hypgcn_sim.commands import run as run_command
from hypgcn_sim.cosim import build


class GoldenBus:
    """Registers and results of a core of the tiny network."""

    flip = 0  # added to the first score
    design = preset("tiny")

    def __init__(self, library, **options):
        design = self.design
        self.options, self.cycles, self.number = options, 1234, 0
        self.words = {register(name).offset: value for name, value in {
            "MAGIC": MAGIC, "VERSION": ABI << 24, "HASH_HIGH": int(design.hash[:8], 16),
            "HASH_LOW": int(design.hash[8:16], 16), "SHAPE_0": design.joints << 16 | design.frames,
            "SHAPE_1": design.channels << 16 | design.persons, "CLIP_CYCLES": 4321,
            "NETWORK": len(design.blocks) << 16 | design.classes,
            "CLIP_BYTES": int(np.prod(design.clip_shape)) * design.clip_type.itemsize}.items()}

    def read32(self, address):
        return self.words.get(address, 0)

    def write32(self, address, value):
        pass

    def transfer(self, data, size, timeout):
        clip = np.frombuffer(data, self.design.clip_type).reshape(self.design.clip_shape)
        found = golden(self.design, clip)
        scores = found["logits"].tolist()
        words = [scores[0] + self.flip, *scores[1:], int(np.argmax(scores)), self.number, 8 * bool(found["overflow"])]
        self.number += 1
        return b"".join(word.to_bytes(4, "little", signed=True) for word in words)

    def finish(self):
        self.finished = True

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        assert kind or self.finished


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch, tmp_path):
    entry = types.SimpleNamespace(name="run", load=lambda: run_command.register)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points",
                        lambda group: [entry] if group == "hypgcn.commands" else [])
    monkeypatch.setattr(run_command, "DEFAULT_DESIGN", "tiny")
    monkeypatch.setattr(Top, "of", lambda design, folding, bus_width: ShellConfig.of(design, bus_width))
    monkeypatch.setattr(build, "build_core", lambda top, cache, progress: "library")
    monkeypatch.setattr(hypgcn_host.simulator, "SimulatedBus", GoldenBus)


@pytest.fixture
def clips(tmp_path):
    design = preset("tiny")
    np.savez(tmp_path / "some.npz", clips=np.stack([generated_clip(design, seed) for seed in range(3)]))
    return tmp_path / "some.npz"


def test_prints_classes_scores_and_cycles(clips, tmp_path, capsys):
    assert cli.main(["run", str(clips), "--check"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].endswith("; folding: the fastest with at most 256 multipliers (--multipliers)")
    assert printed.endswith(f"next: hypgcn demo tiny --recordings {clips}\n")
    design = preset("tiny")
    logits = golden(design, generated_clip(design, 1))["logits"]
    line = next(line for line in printed.splitlines() if line.startswith("some.npz[1]"))
    assert "4,321 cycles" in line
    shares = np.exp((logits - logits.max()) * design.logit_scale)
    chances = shares / shares.sum()
    assert f"{np.argmax(logits)} {chances.max():.1%} ({logits.max()})" in line
    assert "3 of 3 equal to the golden model" in printed
    assert cli.main(["run", str(clips), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert (written["design"], written["hash"], written["driver"]) == (design.name, design.hash, "python")
    assert list(written["clips"][1]["scores"].values()) == logits.tolist()
    assert np.allclose(list(written["clips"][1]["probabilities"].values()), chances, atol=1e-4)


def test_raw_joints(tmp_path, monkeypatch, capsys):
    """``--input raw`` converts the design; clips are int16, and int8 ones are refused."""
    tiny = preset("tiny")
    preparation = Preparation(frames=tiny.frames, scale="none", centre=0, centring="every", motion=True)
    design = dataclasses.replace(tiny, meta={"preparation": preparation.to_dict()})
    design.save(tmp_path / "design")
    raw = with_raw_input(design, RawSettings(missing="zero"))
    monkeypatch.setattr(GoldenBus, "design", raw)
    np.savez(tmp_path / "raw.npz", clips=np.stack([generated_clip(raw, seed) for seed in range(2)]))
    options = ["--design", str(tmp_path / "design"), "--input", "raw", "--missing", "zero", "--check"]
    assert cli.main(["run", str(tmp_path / "raw.npz"), *options]) == 0
    printed = capsys.readouterr().out
    assert "2 of 2 equal to the golden model" in printed and raw.hash[:16] in printed
    assert printed.endswith(f"next: hypgcn fullscale {tmp_path / 'design'} --input raw --missing zero\n")
    np.savez(tmp_path / "ready.npz", clips=generated_clip(tiny, 1)[None])
    assert cli.main(["run", str(tmp_path / "ready.npz"), *options]) == 2
    assert "clips must be int16, which design tiny-seeded takes, not int8" in capsys.readouterr().err


class EnsembleBus(GoldenBus):
    """Registers and results of a core of two networks."""

    ensemble = small_ensemble(frames=2, joints=5, persons=1)
    design = ensemble.designs[0]
    flip_stream = 0     # added to the last score of the last network

    def __init__(self, library, **options):
        super().__init__(library, **options)
        self.words |= {register(name).offset: value for name, value in {
            "VERSION": ENSEMBLE_ABI << 24, "HASH_HIGH": int(self.ensemble.hash[:8], 16),
            "HASH_LOW": int(self.ensemble.hash[8:16], 16), "NETWORK": 2 << 16 | self.design.classes,
            "STREAMS_0": 1 << 8 | 1}.items()}

    def transfer(self, data, size, timeout):
        clip = np.frombuffer(data, self.design.clip_type).reshape(self.design.clip_shape)
        found = run_ensemble(self.ensemble, clip)
        scores = [int(score) for part in (found, *found["streams"]) for score in part["logits"]]
        scores[-1] += self.flip_stream
        self.number += 1
        words = [*scores, int(np.argmax(found["logits"])), self.number - 1, 8 * bool(found["overflow"])]
        return b"".join(word.to_bytes(4, "little", signed=True) for word in words)


@pytest.fixture
def ensemble(monkeypatch, tmp_path):
    """Words of a command for an ensemble in a folder, with clips."""
    made = EnsembleBus.ensemble
    saved(made, tmp_path / "two")
    np.savez(tmp_path / "raw.npz", clips=np.stack([generated_clip(made.designs[0], seed) for seed in range(2)]))
    monkeypatch.setattr(hypgcn_host.simulator, "SimulatedBus", EnsembleBus)
    monkeypatch.setattr(Top, "of_ensemble", lambda *args: ShellConfig.of_ensemble(args[0], args[2]))
    return ["run", str(tmp_path / "raw.npz"), "--design", str(tmp_path / "two"), "--multipliers", "60"]


def test_an_ensemble_has_the_scores_of_its_networks(ensemble, tmp_path, capsys):
    made = EnsembleBus.ensemble
    assert cli.main([*ensemble, "--check"]) == 0
    printed = capsys.readouterr().out
    assert "2 of 2 equal to the golden model" in printed and printed.startswith(
        f"hypgcn {__version__}: ensemble small, hash {made.hash[:16]}; foldings: the fastest with at most 60 "
        f"multipliers together (--multipliers)\n") and printed.endswith(f"next: hypgcn fullscale {tmp_path / 'two'}\n")
    assert "joint block 1: busy" in printed and "bone-motion block 1: busy" in printed
    assert cli.main([*ensemble, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    row = figures["clips"][1]
    assert (figures["hash"], len(figures["blocks"])) == (made.hash, 2)
    found = run_ensemble(made, generated_clip(made.designs[0], 1))
    assert list(row["scores"].values()) == found["logits"].tolist()
    assert {stream: list(scores.values()) for stream, scores in row["streams"].items()} == {
        stream: part["logits"].tolist() for stream, part in zip(made.streams, found["streams"])}
    shares = np.exp((found["logits"] - found["logits"].max()) * made.score_scale)
    assert np.allclose(list(row["probabilities"].values()), shares / shares.sum(), atol=1e-4)
    best = [int(part["logits"].argmax()) for part in found["streams"]]
    line = next(line for line in printed.splitlines() if line.startswith("raw.npz[1]"))
    assert f"(joint: {best[0]}, bone-motion: {best[1]})" in line


def test_a_wrong_score_of_a_network_gives_status_1(ensemble, monkeypatch, capsys):
    monkeypatch.setattr(EnsembleBus, "flip_stream", 1)
    assert cli.main([*ensemble, "--check"]) == 1
    assert "0 of 2 equal to the golden model" in capsys.readouterr().out


def test_an_ensemble_of_streams(ensemble, tmp_path, capsys):
    made = EnsembleBus.ensemble
    words = [word for stream in made.streams for word in ("--stream", f"{stream}={tmp_path / 'two' / stream}")]
    assert cli.main(["run", str(tmp_path / "raw.npz"), *words, "--weight", "bone-motion=2", "--check",
                     "--multipliers", "60"]) == 0
    printed = capsys.readouterr().out
    assert made.hash[:16] in printed and printed.splitlines()[-1] == (
        f"next: hypgcn fullscale {' '.join(words)} --weight bone-motion=2")
    assert cli.main(ensemble[:-2]) == 0
    assert "foldings: the fastest with at most 512 multipliers together" in capsys.readouterr().out
    assert cli.main([*ensemble[:-2], "--multipliers", "0"]) == 2
    assert "--multipliers must be at least 1, not 0" in capsys.readouterr().err


def test_first_clips_only(clips, capsys):
    assert cli.main(["run", str(clips), "--first", "2", "--top", "1"]) == 0
    printed = capsys.readouterr().out
    assert "the first 2 of 3 clips" in printed
    assert "some.npz[2]" not in printed
    assert "golden" not in printed


def test_a_difference_gives_status_1(clips, monkeypatch, capsys):
    monkeypatch.setattr(GoldenBus, "flip", 1)
    assert cli.main(["run", str(clips), "--first", "2", "--check"]) == 1
    assert "0 of 2 equal to the golden model; different: some.npz[0], some.npz[1]" in capsys.readouterr().out


@pytest.mark.parametrize(("argv", "text"), [
    (["--first", "0"], "--first must be at least 1, not 0"),
    (["--top", "0"], "--top must be at least 1, not 0"),
    (["--design", "none"], "design 'none' is neither"),
    (["--bus-width", "24"], "bus_width must be one of 8, 16"),
    (["--timeout", "0"], "--timeout must be more than 0, not 0.0"),
])
def test_bad_input_is_one_line(clips, argv, text, capsys):
    assert cli.main(["run", str(clips), *argv]) == 2
    assert text in capsys.readouterr().err


def test_failing_core_is_one_line(clips, monkeypatch, capsys):
    monkeypatch.setattr(GoldenBus, "read32", lambda self, address: 0)
    assert cli.main(["run", str(clips)]) == 2
    assert "the simulated core: there is no hypgcn core at this address" in capsys.readouterr().err


def test_missing_file(tmp_path, capsys):
    assert cli.main(["run", str(tmp_path / "none.npz")]) == 2
    assert "none.npz" in capsys.readouterr().err


def test_labels_flags_and_best_classes():
    rows = [{"clip": "a", "cycles": 12345, "class": "x", "flags": ["overflow"], "label": "y",
             "scores": {"y": 1, "x": 3, "z": 2}, "probabilities": {"y": 0.09, "x": 0.665, "z": 0.245}}]
    assert run_command._table(rows, 2) == "a     12,345 cycles  x 66.5% (3)  z 24.5% (2)  (flags: overflow)  " \
                                          "(label: y, WRONG)"
    rows[0] |= {"label": "x", "flags": []}
    assert run_command._table(rows, 1) == "a     12,345 cycles  x 66.5% (3)  (label: x, right)"
    del rows[0]["label"]
    assert run_command._table(rows, 1) == "a     12,345 cycles  x 66.5% (3)"


def test_probabilities_of_large_scores():
    found = run_command._probabilities(np.array([2_000_000, 1_999_000, -2_000_000], np.int32), 0.001)
    assert found == [0.7311, 0.2689, 0.0]
