"""The README's table says what the measured files say, and nothing else."""

import json
import re
from pathlib import Path

import pytest

from hypgcn_sim.results import BEGIN, END, SOURCES, main, results_table

ROOT = Path(__file__).parents[2]


def test_readme_is_up_to_date():
    text = (ROOT / "README.md").read_text()
    table = text.split(BEGIN)[1].split(END)[0].strip()
    assert table == results_table(ROOT), "run python -m hypgcn_sim.results"


def test_every_figure_has_a_command_beside_it():
    for line in results_table(ROOT).splitlines()[2:]:
        assert re.search(r"\d", line.split("|")[2]) and len(line.split("|")[3].strip()) > 5


@pytest.fixture
def project(tmp_path):
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    source = tmp_path / SOURCES["synth.json"][0]
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps([{"unit": "row_store", "mapped": True, "dsp": 0, "lut": 11, "ff": 12, "bram36": 1.5},
                                  {"unit": "lane", "mapped": False}]))
    return tmp_path


def test_collects_what_is_there(project, capsys):
    assert main(project) == 0
    text = (project / "README.md").read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "1 of 2" in text and "0 DSP48E2, 11 LUT, 12 FF, 1.5 BRAM36" in text
    assert "results/sim.json stays as it is" in capsys.readouterr().out


def test_rejects_readme_without_markers(project):
    (project / "README.md").write_text("nothing")
    with pytest.raises(ValueError, match="README.md must hold the lines"):
        main(project)
