import sys

import pytest

from hypgcn_sim.verilator.build import objcache

COMPILER = """import pathlib, sys
open('calls', 'a').write('.')
pathlib.Path(sys.argv[sys.argv.index('-o') + 1]).write_text('object')
"""


@pytest.fixture
def compile_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compiler.py").write_text(COMPILER, encoding="utf-8")

    def run(source, *flags):
        (tmp_path / source).touch()
        command = [sys.executable, "compiler.py", *flags, "-c", "-o", "out.o", source]
        return objcache.main(str(tmp_path / "kept"), command)
    return run


def test_second_time_the_compiler_does_not_run(compile_it, tmp_path):
    for _ in range(2):
        (tmp_path / "out.o").unlink(missing_ok=True)
        assert compile_it("verilated.cpp") == 0
        assert (tmp_path / "out.o").read_text(encoding="utf-8") == "object"
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "."


def test_other_flags_are_another_object(compile_it, tmp_path):
    compile_it("verilated.cpp")
    compile_it("verilated.cpp", "-O1")
    assert (tmp_path / "calls").read_text(encoding="utf-8") == ".."


def test_failure_is_not_kept(compile_it, tmp_path):
    (tmp_path / "compiler.py").write_text("raise SystemExit(3)", encoding="utf-8")
    assert compile_it("verilated.cpp") == 3
    assert not (tmp_path / "kept").exists()


def test_other_sources_are_compiled_as_always(compile_it, monkeypatch):
    called = []

    def execvp(name, command):
        called.append(command)
        raise SystemExit(0)  # as it never returns
    monkeypatch.setattr(objcache.os, "execvp", execvp)
    with pytest.raises(SystemExit):
        compile_it("Vtop.cpp")
    assert called[0][-1] == "Vtop.cpp"
