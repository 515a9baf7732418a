"""Folders in which make would fail late, or write elsewhere."""

import pytest

from hypgcn.cli import main
from hypgcn_sim.verilator.folder import check_build_folder


@pytest.mark.parametrize("folder", ["a b", "a$b", "a'b", 'a"b', "a#b", "a;b", "a[1]", "a*", "a(b", "a|b",
                                    "a`b", "a\nb"])
def test_folders_that_make_does_not_take(tmp_path, folder):
    with pytest.raises(ValueError, match="--out must be a folder without .*, which make and the shell do") as error:
        check_build_folder("--out", tmp_path / folder / "cache")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("folder", ["a-b", "a.b", "a_b~", "a+b", "ümlaut"])
def test_folders_that_it_takes(tmp_path, folder):
    check_build_folder("--out", tmp_path / folder)


@pytest.mark.parametrize("words", [["sim", "tiny"], ["run", "clip.npy", "--design", "tiny"], ["bench", "tiny"],
                                   ["fullscale", "tiny"], ["testset", "tiny"]])
def test_every_simulation_refuses_them_at_once(tmp_path, capsys, words):
    """A folder with a space was an error of make, minutes later; one with a $ was another folder."""
    assert main([*words, "--out", str(tmp_path / "a b")]) == 2
    error = capsys.readouterr().err
    assert "--out must be a folder without ' '" in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())
