"""``hypgcn allocate`` and ``hypgcn estimate``: files, tables, errors."""

import json
import re

import pytest

from hypgcn import cli
from hypgcn.design.folding import Folding
from hypgcn.design.presets import preset
from hypgcn.planning.commands import parse_latency
from hypgcn.planning.estimate import (
    Activity,
    clip_cycles,
    last_frame_latency,
    mean_activities,
    save_activities,
    storage,
)


def figures(capsys, *words):
    """What a command prints with ``--json``, which is all that is on the standard output."""
    assert cli.main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_allocate_then_estimate(capsys, tmp_path):
    folding = tmp_path / "a/folding.json"
    assert cli.main(["allocate", "tiny", "--device", "xcku040", "--dsp", "80", "-o", str(folding),
                     ]) == 0
    printed = capsys.readouterr().out
    Folding.load(folding).validate(preset("tiny"))
    found = figures(capsys, "allocate", "tiny", "--device", "xcku040", "--dsp", "80", "-o", str(folding))
    assert found["device"] == "XCKU040" and found["used"]["dsp"] <= 80
    assert f"{found['cycles']:,} cycles per clip" in printed and "5 % faster" in printed
    used = re.findall(r"^  (\w+) +([\d,.]+) of +([\d,.]+)$", printed, re.M)
    assert {name: (float(count.replace(",", "")), float(of.replace(",", ""))) for name, count, of in used} == {
        name: (count, found["available"][name]) for name, count in found["used"].items()}
    assert printed.splitlines()[0].endswith("; the fastest within XCKU040 (--device) and 80 dsp")
    assert printed.splitlines()[-2:] == [f"written: {folding}",
                                         f"next: hypgcn verilog tiny --folding {folding}"]
    assert cli.main(["estimate", "tiny", "--folding", str(folding)]) == 0
    *_, last, following = capsys.readouterr().out.splitlines()
    assert last.split()[:3] == ["all", f"{found['cycles']:,}", str(found["used"]["dsp"])]
    assert following == f"next: hypgcn verilog tiny --folding {folding}"
    estimated = figures(capsys, "estimate", "tiny", "--folding", str(folding))
    assert estimated["units"] == found["units"] and estimated["cycles"] == found["cycles"]
    assert estimated["latency"] == found["latency"] and estimated["clips"] == []


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


def test_memory_and_activity(capsys, tmp_path):
    design, folding, activity = preset("tiny"), tmp_path / "f.json", tmp_path / "a.json"
    many = [Activity(x_channels=(5.0,) * block.in_channels, x_banks=(16.0,) * block.in_banks,
                     h_banks=(16.0,) * block.out_banks, x_max=(1, 1, 1, 1), x_mean=(1.0,) * 4, h_max=(2, 2, 2, 2),
                     h_mean=(1.0,) * 4) for block in design.blocks]
    save_activities(activity, design, many, "made up")
    words = ["--dsp", "40", "-o", str(folding)]
    assert cli.main(["allocate", "tiny", *words]) == 0
    few = capsys.readouterr().out
    assert cli.main(["allocate", "tiny", *words, "--activity", str(activity)]) == 0
    assert capsys.readouterr().out.splitlines()[1] != few.splitlines()[1]
    command = ["estimate", "tiny", "--folding", str(folding), "--activity", str(activity)]
    assert figures(capsys, *command, "--memory") == storage(design, Folding.load(folding), many).report()
    assert cli.main([*command, "--memory"]) == 0
    printed = capsys.readouterr().out
    assert "blocks[1].h_store" in printed and "one store per reader" in printed


def test_single_clips_of_an_activity_file(capsys, tmp_path):
    """A file with single clips is what a folding is chosen by; without them its mean is."""
    design, folding, activity = preset("tiny"), *(tmp_path / f"{name}.json" for name in "fa")
    clips = [[Activity(x_channels=(joints,) * block.in_channels, x_banks=(16.0,) * block.in_banks,
                       h_banks=(values,) * block.out_banks) for block in design.blocks]
             for joints, values in ((5.0, 2.0), (1.0, 16.0))]
    save_activities(activity, design, mean_activities(clips), "made up", clips)
    words = ["tiny", "--activity", str(activity)]
    assert cli.main(["allocate", *words, "--dsp", "40", "-o", str(folding)]) == 0
    assert "cycles per clip, mean over 2 clips" in capsys.readouterr().out
    found = figures(capsys, "allocate", *words, "--dsp", "40", "-o", str(folding))
    each = clip_cycles(design, Folding.load(folding), clips)
    assert found["clips"] == [round(cycles) for cycles in each] and found["cycles"] == round(sum(each) / 2)
    assert cli.main(["estimate", *words, "--folding", str(folding)]) == 0
    assert (f"mean over 2 clips, by the slowest unit of each: {found['cycles']:,} cycles, {round(min(each)):,} to "
            f"{round(max(each)):,}") in capsys.readouterr().out


def test_latencies_are_cycles_or_a_time():
    assert parse_latency("40000", 172) == 40_000 and parse_latency("0.5ms", 100) == 50_000
    assert parse_latency("least", 172) is None
    for text in ("0", "0ms", "-3", "0.5", "1 ms", "soon", ""):
        with pytest.raises(ValueError, match=f"latency must be cycles such as 40000, .* or least, not '{text}'"):
            parse_latency(text, 172)


def test_allocate_by_latency(capsys, tmp_path):
    """A clock of 1 MHz makes a cycle a microsecond."""
    design, folding = preset("tiny"), tmp_path / "f.json"
    words = ["allocate", "tiny", "--dsp", "60", "-o", str(folding), "--mhz", "1"]
    assert cli.main(words) == 0
    plain = last_frame_latency(design, Folding.load(folding))
    assert f"latency after the last frame {plain:,.0f} cycles, {plain / 1e3:.3f} ms at 1 MHz" in capsys.readouterr().out
    found = figures(capsys, *words, "--latency", f"{(plain - 10) / 1e3:.3f}ms")
    assert found["latency"] == round(last_frame_latency(design, Folding.load(folding))) <= plain - 10
    assert found["used"]["dsp"] <= 60
    folding.unlink()
    capsys.readouterr()
    assert cli.main([*words, "--latency", "20"]) == 2
    assert re.search(r"latency must be at least about \d+ cycles within this budget, not 20: the soonest folding takes "
                     r"\d+ cycles per clip", capsys.readouterr().err)
    assert not folding.exists()


@pytest.mark.parametrize(("words", "text"), [
    (["--latency", "500", "--cycles", "900"], "--latency must not be given with --cycles"),
    (["--latency", "5", "--mhz", "0"], "--mhz must be more than 0, not 0"),
    (["--latency", "1h"], "latency must be cycles such as 40000"),
])
def test_bad_latencies_are_refused_before_any_work(capsys, words, text):
    assert cli.main(["allocate", "nowhere", *words]) == 2
    assert text in capsys.readouterr().err
