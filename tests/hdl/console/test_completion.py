"""Scripts of ``hypgcn completion``: they know commands and options, and the shell can read them."""

import io
import shutil
import subprocess
import sys

import pytest

from hypgcn import cli
from hypgcn.console.completion import SHELLS


@pytest.fixture(scope="module")
def bash(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", io.StringIO())
        assert cli.main(["completion", "bash"]) == 0
        text = sys.stdout.getvalue()
    path = tmp_path_factory.mktemp("completion") / "hypgcn.bash"
    path.write_text(text, encoding="utf-8")
    return path


def completed(script, *words) -> list[str]:
    """What bash offers for the last word."""
    line = " ".join(words)
    code = (f"source {script}; COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; "
            f"COMP_LINE={line!r}; COMP_POINT={len(line)}; _shtab_hypgcn; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    found = subprocess.run(["bash", "-c", code], capture_output=True, text=True, encoding="utf-8", timeout=60,
                           cwd=script.parent)
    assert found.returncode == 0, found.stderr
    return found.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes(bash):
    assert completed(bash, "hypgcn", "veri") == ["verilog"]
    assert set(completed(bash, "hypgcn", "tr")) == {"train", "tradeoff"}
    assert completed(bash, "hypgcn", "train", "--epoch") == ["--epochs", "--epoch-steps"]
    assert completed(bash, "hypgcn", "run", "x.npz", "--driver", "p") == ["python"]
    (bash.parent / "folding_of_mine.json").write_text("", encoding="utf-8")
    assert completed(bash, "hypgcn", "verilog", "tiny", "--folding", "folding_of") == ["folding_of_mine.json"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(capsys, shell):
    assert cli.main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "verilog" in text and "multipliers" in text


def test_without_the_library(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert cli.main(["completion", "bash"]) == 2
    assert "hypgcn completion needs shtab, which is not installed: run " in capsys.readouterr().err
    assert cli.main(["presets"]) == 0
