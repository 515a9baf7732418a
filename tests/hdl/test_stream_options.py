"""Options for several networks as one: what they make, and what each mistake is called."""

import argparse
import dataclasses
import json
from fractions import Fraction

import pytest
from ensembles import small_ensemble, small_network

from hypgcn import __version__, cli
from hypgcn.choices import load_design
from hypgcn.design import Design
from hypgcn.design.clip import Preparation
from hypgcn.design.ensemble import Ensemble, is_ensemble
from hypgcn.design.presets import preset
from hypgcn.input_options import add_input_options
from hypgcn.stream_options import add_stream_options, load_network, network_words


def parsed(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("design", nargs="?")
    add_stream_options(parser)
    add_input_options(parser)
    return parser.parse_args(words)


def loaded(*words, **options):
    return load_network(parsed(*words), load_design, **options)


@pytest.fixture
def folders(tmp_path):
    """Designs that take raw joints, and two that take int8 clips, by name."""
    for name, design in {"joint": small_network("joint"), "bone": small_network("bone", seed=2, scale=0.5),
                         "longer": small_network("joint", frames=3), **int8_designs()}.items():
        design.save(tmp_path / name)
    return tmp_path


def int8_designs():
    tiny = preset("tiny")
    preparation = Preparation(frames=tiny.frames, scale="none", centre=1, centring="every")
    bones = dataclasses.replace(preparation, centre=None, parents=tuple(max(0, n - 1) for n in range(tiny.joints)))
    return {name: dataclasses.replace(tiny, meta={"preparation": entry.to_dict()})
            for name, entry in (("int8", preparation), ("int8_bone", bones))}


def streams(folders, *pairs):
    return [word for name, folder in pairs for word in ("--stream", f"{name}={folders / folder}")]


def test_streams_and_weights(folders):
    found = loaded(*streams(folders, ("joint", "joint"), ("bone", "bone")), "--weight", "bone=3/2")
    assert (found.name, found.streams, found.weights) == ("joint+bone", ("joint", "bone"), (1, Fraction(3, 2)))
    assert [design.hash for design in found.designs] == [Design.load(folders / name).hash for name in found.streams]
    assert loaded(*streams(folders, ("joint", "joint"), ("bone", "bone")), "--weight", "joint=0.7").weights[0] \
        == Fraction(7, 10)


@pytest.mark.parametrize("words", [
    ["tiny"], ["build/two"], ["tiny", "--input", "raw", "--missing", "zero"],
    ["--stream", "a=x", "--stream", "b=y", "--weight", "b=3/2", "--input", "raw"]])
def test_words_that_name_the_same_network(words):
    assert network_words(parsed(*words)) == words
    assert network_words(parsed(), "full") == ["full"]


def test_raw_input_is_made_for_each_stream_by_its_own_preparation(folders):
    found = loaded(*streams(folders, ("joint", "int8"), ("bone", "int8_bone")), "--input", "raw", "--patience", "4")
    assert [(design.raw.centre, bool(design.raw.parents), design.raw.patience) for design in found.designs] == [
        (1, False, 4), (None, True, 4)]


def test_one_design_as_before(folders):
    assert loaded("tiny").hash == preset("tiny").hash
    assert loaded(str(folders / "int8"), "--input", "raw").raw is not None
    assert loaded(default="tiny").hash == preset("tiny").hash


def test_a_folder_and_a_file_of_an_ensemble(folders, capsys):
    out = folders / "two"
    words = [*streams(folders, ("joint", "int8"), ("bone", "int8_bone")), "--input", "raw", "--weight", "bone=1.5"]
    assert cli.main(["ensemble", *words, "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(f"written: {out / 'ensemble.json'}\nnext: hypgcn allocate {out}\n")
    for path in (out, out / "ensemble.json"):
        assert is_ensemble(str(path))
        found = loaded(str(path))
        assert isinstance(found, Ensemble) and found.weights == (1, Fraction(3, 2))
    assert printed.startswith(f"hypgcn {__version__}: ensemble joint+bone, hash {found.hash[:16]}\n")
    for stream, mult in zip(found.streams, found.mults):
        assert f"  {stream:12} design tiny-seeded" in printed and f"logits times {mult}" in printed
    assert found.hash == loaded(*words).hash
    assert cli.main(["ensemble", *words, "-o", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["hash"], figures["shift"], figures["score_width"], figures["score_scale"]) == (
        found.hash, found.shift, found.score_width, found.score_scale)
    assert [(row["stream"], row["hash"], row["weight"], row["mult"]) for row in figures["streams"]] == [
        (stream, design.hash, weight, mult) for stream, design, weight, mult in zip(
            ("joint", "bone"), found.designs, ("1", "3/2"), found.mults)]
    for other in (folders / "joint", folders / "joint/design.json", folders, "tiny", folders / "none.json"):
        assert not is_ensemble(str(other))
    (folders / "other.json").write_text("{", encoding="utf-8")
    assert not is_ensemble(str(folders / "other.json"))


@pytest.mark.parametrize("words,text", [
    ([], r"DESIGN must be given, or --stream NAME=DESIGN twice or more"),
    (["tiny", "--stream", "a=tiny"], "DESIGN must be left out with --stream, not 'tiny'"),
    (["tiny", "--weight", "a=1"], "--weight must be left out without --stream, not 'a=1'"),
    (["--stream", "tiny"], "--stream must be NAME=DESIGN, such as joint=build/joint/design, not 'tiny'"),
    (["--stream", "=tiny"], "--stream must be NAME=DESIGN, .* not '=tiny'"),
    (["--stream", "a=tiny"], "--stream must be given twice or more, for networks whose scores are summed, not for a"),
    (["--stream", "a=tiny", "--stream", "a=full"], "--stream must name each stream once, not a twice"),
    (["--stream", "../a=tiny", "--stream", "b=tiny"], "--stream: NAME must be letters, digits, - and _, .*not '../a'"),
    (["--stream", "a=tiny", "--stream", "b=nowhere"], "design 'nowhere' is neither a folder"),
    (["--stream", "a=tiny", "--stream", "b=tiny"], "--stream a: design tiny-seeded takes prepared int8 clips, .*: give "
                                                   "--input raw"),
    (["--stream", "a=tiny", "--stream", "b=tiny", "--weight", "c=1"],
     r"--weight must be of a stream \(a, b\), not of c"),
    (["--stream", "a=tiny", "--stream", "b=tiny", "--weight", "a"], "--weight must be NAME=NUMBER, .* not 'a'"),
    (["--stream", "a=tiny", "--stream", "b=tiny", "--weight", "a=1", "--weight", "a=2"],
     "--weight must name each stream once, not a twice"),
    *((["--stream", "a=tiny", "--stream", "b=tiny", "--weight", f"a={value}"],
       f"--weight: that of a must be a positive number such as 1.5, not '{value}'")
      for value in ("0", "-1", "x", "1/0")),
])
def test_mistakes(words, text):
    with pytest.raises(ValueError, match=text):
        loaded(*words)


def test_designs_that_do_not_fit(folders):
    with pytest.raises(ValueError, match="long: design raw must have the frames of joint, 2, not 3"):
        loaded(*streams(folders, ("joint", "joint"), ("long", "longer")))
    with pytest.raises(ValueError, match="must take int8 clips to be given a raw input, but takes raw joints already"):
        loaded(*streams(folders, ("joint", "joint"), ("bone", "int8")), "--input", "raw")
    with pytest.raises(ValueError, match="--patience must be left out without --input raw"):
        loaded(*streams(folders, ("joint", "joint"), ("bone", "bone")), "--patience", "3")


def test_an_ensemble_takes_raw_joints_already(folders):
    ensemble = small_ensemble()
    places = [folders / "set" / stream for stream in ensemble.streams]
    for design, place in zip(ensemble.designs, places):
        design.save(place)
    ensemble.save(folders / "set/ensemble.json", places)
    with pytest.raises(ValueError, match="--input must be left out for .*set: the designs of an ensemble take raw"):
        loaded(str(folders / "set"), "--input", "raw")
    with pytest.raises(ValueError, match="--unit must be left out without --input raw"):
        loaded(str(folders / "set"), "--unit", "mm")


def test_the_command_needs_streams_and_a_folder(capsys, folders):
    assert cli.main(["ensemble"]) == 2
    assert "--stream NAME=DESIGN must be given twice or more" in capsys.readouterr().err
    assert cli.main(["ensemble", *streams(folders, ("a", "joint"), ("b", "bone")), "-o",
                     str(folders / "joint/design.json")]) == 2
    assert "--out must be a folder" in capsys.readouterr().err


def test_commands_of_one_network_say_so(capsys, folders):
    assert cli.main(["ensemble", *streams(folders, ("a", "joint"), ("b", "bone")), "-o", str(folders / "two")]) == 0
    assert cli.main(["devices", str(folders / "two"), "-o", str(folders / "r.json")]) == 2
    assert "two is an ensemble, which this command does not take: give it one design" in capsys.readouterr().err
