import json
from pathlib import Path

import pytest

from hypgcn_pruning.reports.architecture_page import MARK, architecture_tables, write_tables
from hypgcn_pruning.reports.report_config import ARCHITECTURES, RESULTS

ROOT = Path(__file__).parents[3]
FITS = {"device": "D", "fits": True, "cycles": 12345, "clips_per_second_at_172mhz": 13932.8, "limit": "dsp",
        "used": {"dsp": 1200, "bram36": 3.5, "lut": 90000, "uram": 0}}
ROWS = [{"model": "A", "framework": "F", "loads": True, "lost": "nothing",
         "shape": {"frames": 9, "joints": 5, "taps": 3},
         "forms": {"dense": [{**FITS, "fits": False, "limit": "needs 9 dsp"}], "pruned": [FITS]}},
        {"model": "B", "framework": "any", "loads": False, "lost": "it cannot"}]


def test_tables():
    lines = architecture_tables(ROWS).splitlines()
    assert lines[2:4] == ["| A | F | yes | nothing |", "| B | any | refused | it cannot |"]
    assert lines[5].startswith("| model | files of | form | D: cycles | D: clips/s |")
    assert lines[7:] == ["| A (9 frames, 5 joints, 3 taps) | F | dense | does not fit: needs 9 dsp |  |  |  |  |",
                         "| A (9 frames, 5 joints, 3 taps) | F | pruned | 12,345 | 13,933 | 1,200 | 3.5 | 90,000 |"]


def test_what_is_not_estimated_is_said():
    rows = [{**ROWS[0], "model": "C", "forms": {}}, *ROWS]
    assert architecture_tables(rows).splitlines()[-1] == "Not estimated yet: C (F)."
    assert architecture_tables(rows[:1]).splitlines()[-1] == "| C | F | yes | nothing |"


def test_a_page_without_marks(tmp_path):
    (tmp_path / "a.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.md must have the lines <!-- architectures --> and"):
        write_tables(tmp_path / "a.md", ROWS)


def test_the_page_has_the_results():
    text = (ROOT / "docs/models.md").read_text(encoding="utf-8")
    rows = json.loads((ROOT / RESULTS[ARCHITECTURES]).read_text(encoding="utf-8"))
    assert text[text.index(MARK[0]) + len(MARK[0]):text.index(MARK[1])].strip() == architecture_tables(rows)
