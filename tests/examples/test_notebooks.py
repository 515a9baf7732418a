"""The notebooks run from top to bottom, and are committed without outputs."""

import os
from pathlib import Path

import pytest

from contracts.tree import PACKAGES, ROOT

nbformat = pytest.importorskip("nbformat", reason="notebooks are run by nbclient and nbformat, of the extra dev")
nbclient = pytest.importorskip("nbclient", reason="notebooks are run by nbclient and nbformat, of the extra dev")

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
LIMITS = {"rfc_store": 300, "tutorial": 1800}
"""Seconds for any one cell on a busy machine; they take about 7 seconds and 4 minutes of one core in all."""


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_as_written(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.stem in LIMITS
    assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# ")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)
    for cell in code:
        compile(cell.source, str(path), "exec")
        assert max(map(len, cell.source.splitlines())) <= 120


def run(path, folder, monkeypatch):
    """The notebook with its outputs; an error in a cell is an exception with its traceback."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(place.parent) for place in PACKAGES.values()))
    notebook = read(path)
    client = nbclient.NotebookClient(notebook, timeout=LIMITS[path.stem], kernel_name="python3",
                                     resources={"metadata": {"path": str(folder)}})
    client.execute()
    return "".join(output.get("text", "") for cell in notebook.cells if cell.cell_type == "code"
                   for output in cell.outputs)


# Above the half minute of everyday tests on a busy machine.
@pytest.mark.slow
def test_the_row_store(tmp_path, monkeypatch):
    printed = run(ROOT / "examples/rfc_store.ipynb", tmp_path, monkeypatch)
    assert "12 rows, all answers equal" in printed and "module peaks(" in printed
    assert "values were lost, and the design says so" in printed
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_tutorial(tmp_path, monkeypatch):
    printed = run(ROOT / "examples/tutorial.ipynb", tmp_path, monkeypatch)
    assert "576 clips of 20 joints, 192 of them for the test" in printed
    assert "3 recorded clips of motion.npz" in printed and "DIFFER" not in printed
    assert "xck26" in printed.lower() and "build.tcl" in printed
    assert "scene" in (tmp_path / "build/notebook/demo.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


# The default kernel of a machine may be another Python: the one that the tests run in is taken.
def test_the_kernel_is_this_python():
    kernels = pytest.importorskip("jupyter_client.kernelspec", reason="comes with nbclient")
    assert Path(kernels.KernelSpecManager().get_kernel_spec("python3").argv[0]).name.startswith("python")
