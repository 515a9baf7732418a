"""The folding that options name, or the rule where they name none; in the help and in the first line of the output."""

import argparse

import pytest
from ensembles import saved, small_ensemble

from hypgcn import choices, cli
from hypgcn.choices import add_folding_options, chosen_folding, folding_words, load_design_or_ensemble
from hypgcn.console import Commands
from hypgcn.design.ensemble_folding import foldings_to_json
from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.streams import streams_within
from hypgcn.planning.defaults import DEFAULT_MULTIPLIERS, SIMULATED_MULTIPLIERS

FOR_A_DEVICE, SIMULATED = ("verilog", "fullscale"), ("sim", "run", "demo", "testset", "power", "synth")
OTHERS = {"variants": 384}
"""``variants`` has as many as the small network needs without packing, and says so."""


def options(*words, default=DEFAULT_MULTIPLIERS, each=False):
    parser = argparse.ArgumentParser()
    add_folding_options(parser, default, each=each)
    return parser.parse_args(list(words))


def test_the_fastest_folding_with_so_many_multipliers():
    args, tiny = options(default=40), preset("tiny")
    assert chosen_folding(args, tiny) == within(tiny, 40)
    assert folding_words(args, tiny) == "folding: the fastest with at most 40 multipliers (--multipliers)"
    assert folding_words(options(), tiny) == "folding: the fastest with at most 3,544 multipliers (--multipliers)"


def test_the_networks_of_an_ensemble_share_the_multipliers():
    ensemble = small_ensemble(frames=4, joints=5, persons=1)
    for args, most in ((options(default=40), 40), (options("--multipliers", "50", each=True), 50),
                       (options(default=30, each=True), 60)):
        assert chosen_folding(args, ensemble) == streams_within(ensemble, most)
        assert folding_words(args, ensemble) == (f"foldings: the fastest with at most {most} multipliers together "
                                                 f"(--multipliers)")
    assert chosen_folding(options(default=40, each=True), preset("tiny")) == within(preset("tiny"), 40)


def test_a_design_or_an_ensemble(tmp_path):
    """Commands that take either one find out which it is; the others name what they were given."""
    made = small_ensemble()
    folder = saved(made, tmp_path / "two")
    assert load_design_or_ensemble(folder).hash == load_design_or_ensemble(f"{folder}/ensemble.json").hash == made.hash
    assert load_design_or_ensemble(f"{folder}/joint").hash == made.designs[0].hash
    assert load_design_or_ensemble("tiny").hash == preset("tiny").hash
    with pytest.raises(ValueError, match="design 'none' is neither a folder with design.json nor a preset"):
        load_design_or_ensemble("none")


def test_the_foldings_of_a_file(tmp_path):
    ensemble, path = small_ensemble(frames=4, joints=5, persons=1), tmp_path / "two.json"
    foldings = streams_within(ensemble, 60)
    path.write_text(foldings_to_json(ensemble, foldings), encoding="utf-8")
    args = options("--folding", str(path))
    assert chosen_folding(args, ensemble) == foldings and folding_words(args, ensemble) == f"foldings {path}"
    with pytest.raises(ValueError, match="two.json"):
        chosen_folding(args, preset("tiny"))


def test_the_folding_of_a_file(tmp_path):
    path, folding = tmp_path / "folding.json", within(preset("tiny"), 60)
    path.write_text(folding.to_json(), encoding="utf-8")
    args = options("--folding", str(path))
    assert chosen_folding(args, preset("tiny")) == folding and folding_words(args, preset("tiny")) == f"folding {path}"


def test_multipliers_that_cannot_be():
    with pytest.raises(ValueError, match="--multipliers must be at least 1, not 0"):
        chosen_folding(options("--multipliers", "0"), preset("tiny"))


def test_a_choice_that_takes_long_says_so(capsys, monkeypatch):
    chosen_folding(options(default=40), preset("tiny"))
    assert not capsys.readouterr().err
    monkeypatch.setattr(choices, "_QUIET", 0.0)
    chosen_folding(options(default=40), preset("tiny"))
    assert capsys.readouterr().err.startswith("choosing the folding: done in ")


def test_one_rule_for_all_commands():
    """3,544 where RTL is for a device, 256 where it is only simulated; the help of each says which."""
    commands, = (action for action in cli.whole_parser()._actions if isinstance(action, Commands))
    expected = {**dict.fromkeys(FOR_A_DEVICE, DEFAULT_MULTIPLIERS), **dict.fromkeys(SIMULATED, SIMULATED_MULTIPLIERS),
                **OTHERS}
    found = {name: count for name, parser in commands.choices.items()
             if (count := parser.get_default("multipliers") or parser.get_default("default_multipliers")) is not None}
    assert found == expected
    for name, count in expected.items():
        text = " ".join(commands.choices[name].format_help().split())
        each = " for each network" if name in ("run", "testset", "power") else ""
        assert f"(default: {count}{each})" in text.partition("--multipliers N ")[2][:200], name
    folding = {name for name, parser in commands.choices.items() if "--folding" in parser.format_usage()}
    assert set(expected) - folding == {"demo", "variants"}
