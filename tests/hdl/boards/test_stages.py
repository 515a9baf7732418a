import pytest

from hypgcn.boards.stages import MARK, STAGES, StageTracker, synthesis_script

LAYOUT = {"pack": "Info: Packing constants..\n", "place": "Info: Creating initial analytic placement for 7 cells\n",
          "route": "Info: Routing globals...\n"}
"""Lines of nextpnr 0.11."""


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def tracker(tmp_path):
    return StageTracker(tmp_path, Clock())


def test_shares_are_shares():
    assert sum(STAGES.values()) == pytest.approx(1)


def test_synthesis_has_no_gap_but_the_luts_that_abc_maps():
    parts = [line.split()[-1].split(":") for line in synthesis_script().splitlines() if "-run" in line]
    assert parts[0][0] == "begin"
    assert parts[-1][1] == "check"
    gaps = [(before[1], after[0]) for before, after in zip(parts, parts[1:]) if before[1] != after[0]]
    assert gaps == [("map_luts", "map_cells")]
    assert "abc -lut 4" in synthesis_script()


def test_every_stage_has_its_seconds(tracker, tmp_path):
    log = tmp_path / "top.rpt"
    log.write_text("", encoding="utf-8")
    shares = []
    for stage in list(STAGES)[1:]:
        tracker.clock.now += 10
        shares.append(tracker.update()[0])
        if stage in LAYOUT:
            with (tmp_path / "top.tim").open("a", encoding="utf-8") as layout:
                layout.write(LAYOUT[stage])
        elif stage == "bitstream":
            (tmp_path / "top.config").write_text("", encoding="utf-8")
        else:
            with log.open("a", encoding="utf-8") as synthesis:
                synthesis.write(f"some pass\n{MARK} {stage}\nanother\n")
        assert tracker.update()[1] == stage
    tracker.clock.now += 7
    tracker.finish()
    assert tracker.seconds == {**dict.fromkeys(STAGES, 10.0), "bitstream": 7.0}
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


def test_half_a_line_is_not_read_yet(tracker, tmp_path):
    (tmp_path / "top.rpt").write_text(f"{MARK} coa", encoding="utf-8")
    assert tracker.update()[1] == "read"
    (tmp_path / "top.rpt").write_text(f"{MARK} coarse\n", encoding="utf-8")
    assert tracker.update()[1] == "coarse"


def test_the_script_and_what_is_looked_for_agree():
    marks = [line.rpartition(" ")[2] for line in synthesis_script().splitlines() if MARK in line]
    assert marks == [name for name in STAGES if name in marks]
    assert set(STAGES) == {"read", *marks, *LAYOUT, "bitstream"}
