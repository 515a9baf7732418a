import json

from hypgcn_sim.unit_tests.report import table, write_summary
from hypgcn_sim.unit_tests.runner import Result

RESULTS = [
    Result(unit="requant", design="d", cycles=1234, passed=True, seconds=3.2),
    Result(unit="network", design="d", clips=22, real_clips=20, cycles=5,
           error="logits[clip 0, class 1].score: expected 1, got 2"),
]


def test_table_shows_every_unit_and_names_the_difference():
    lines = table(RESULTS).splitlines()
    assert lines[1].split() == ["requant", "-", "-", "1,234", "3", "s", "equal"]
    assert lines[2].split() == ["network", "22", "20", "5", "0", "s", "DIFFERENT"]
    assert lines[-1] == "network: logits[clip 0, class 1].score: expected 1, got 2"


def test_table_of_equal_units_has_no_remarks():
    assert len(table(RESULTS[:1]).splitlines()) == 2


def test_summary(tmp_path):
    write_summary(RESULTS, tmp_path / "summary.json")
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8")) == [
        {"unit": "requant", "design": "d", "clips": 0, "real_clips": 0, "cycles": 1234, "passed": True},
        {"unit": "network", "design": "d", "clips": 22, "real_clips": 20, "cycles": 5, "passed": False,
         "error": "logits[clip 0, class 1].score: expected 1, got 2"}]
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
