"""``hypgcn doctor``: its table, its exit status, and that every command checks what it needs."""

import json

import pytest

from hypgcn import cli, needs

NEEDS = {"train": ("train", "prune", "quantise", "compile", "evaluate", "import", "predict", "accuracy", "tradeoff",
                   "missing"),
         "sim": ("sim", "fuzz", "fullscale", "testset", "bench", "variants", "scaling", "run", "power", "lint",
                 "synth"),
         "formal": ("formal",), "boards": ("board",)}
ARGUMENTS = {"prune": ["x"], "quantise": ["x"], "compile": ["x"], "evaluate": ["x"], "import": ["x", "--skeleton", "y"],
             "predict": ["x", "--data", "y"], "run": ["x"], "lint": ["x"], "board": ["ulx3s"], "missing": ["x"],
             "tradeoff": ["--point", "a=b"]}


@pytest.fixture
def nothing(monkeypatch):
    """An installation without any package or program."""
    monkeypatch.setattr(needs, "_version", lambda name: None)
    monkeypatch.setattr(needs.shutil, "which", lambda name, path=None: None)


def test_a_whole_installation(capsys):
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Python 3.")
    assert "base: complete" in printed
    assert "amaranth" in printed


def test_what_is_missing_is_listed_and_fails(capsys, nothing):
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "train: NOT complete" in printed
    assert any(line.split() == ["torch", "-", "==2.13.0", "missing"] for line in printed.splitlines())
    assert "to complete base, train, sim, formal, boards, live: " in printed
    assert "[train,sim,formal,boards,live]'" in printed
    assert cli.main(["doctor", "docs"]) == 1
    assert "docs" in capsys.readouterr().out.splitlines()[-1]


def test_the_same_as_json(capsys, nothing):
    assert cli.main(["doctor"]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert cli.main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["install"].endswith("[train,sim,formal,boards,live]'") and list(found["parts"]) == list(needs.EXTRAS)
    for part in found["parts"].values():
        for need in part["needs"]:
            state = "ok" if need["fits"] else "missing"
            assert [need["name"], need["found"] or "-", need["wanted"] or "any", state] in lines


def test_only_the_parts_that_were_asked_for_count(capsys, monkeypatch):
    found = needs._version
    monkeypatch.setattr(needs, "_version", lambda name: None if name == "torch" else found(name))
    assert cli.main(["doctor"]) == 0
    assert cli.main(["doctor", "train"]) == 1
    monkeypatch.setattr(needs, "_version", lambda name: "1.0" if name == "torch" else found(name))
    assert cli.main(["doctor", "train"]) == 1
    assert "untested version" in capsys.readouterr().out


def test_outside_of_a_checkout_no_make_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(needs, "__file__", str(tmp_path / "site-packages/hypgcn/needs.py"))
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "sim: " in printed and "make docs" not in printed and "make test" not in printed
    cli.main(["doctor", "docs"])
    assert "make docs" in capsys.readouterr().out


def test_an_unknown_part(capsys):
    assert cli.main(["doctor", "wheels"]) == 2
    assert "PART must be one of base, train" in capsys.readouterr().err


@pytest.mark.parametrize(("part", "command"), [(part, name) for part, names in NEEDS.items() for name in names])
def test_every_command_says_at_once_what_lacks(capsys, nothing, monkeypatch, tmp_path, part, command):
    monkeypatch.chdir(tmp_path)
    assert cli.main([command, *ARGUMENTS.get(command, [])]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"hypgcn: error: hypgcn {command} needs ")
    assert f"[{part}]'" in captured.err
    assert list(tmp_path.iterdir()) == []
