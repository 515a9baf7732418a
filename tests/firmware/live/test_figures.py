"""Accuracy of segments, delay and false alarms of answers that are counted by hand."""

import pytest

from hypgcn_host.live.figures import Figures, figures, summed
from hypgcn_host.live.sequence import Segment

SEGMENTS = [Segment(begin=0, end=2, label="sit"), Segment(begin=2, end=3, label=None),
            Segment(begin=3, end=5, label="wave")]


def timed(text, step=0.25, seconds=0.0):
    """Answers from letters, one every quarter of a second: s, w, x (another class), and . for no action."""
    names = {"s": "sit", "w": "wave", "x": "fall", ".": None}
    return [(n * step, seconds, names[letter]) for n, letter in enumerate(text)]


def test_a_good_day():
    found = figures(SEGMENTS, timed("..ssssss" "...." ".wwwwwww"), carry=0.5)
    assert (found.segments, found.dominant, found.final, found.alarms) == (2, 2, 2, 0)
    assert found.delays == (0.5, 0.25) and found.delay == 0.375
    assert (found.answers, found.right, found.silent, found.pauses, found.quiet) == (16, 13, 3, 4, 4)


def test_answers_belong_to_the_middle_of_their_clips():
    """Answers half a window late are right, and so are those that come behind the end of the segment."""
    late = timed("..ssssss" "ss.." "..wwwwww" "ww", seconds=1.0)
    found = figures(SEGMENTS, late, carry=1.0)
    assert (found.dominant, found.answers, found.right, found.pauses, found.quiet) == (2, 16, 16, 4, 4)
    assert found.delays == (0.5, 0.5)
    assert figures(SEGMENTS, timed("..ssssss" "ss.." "..wwwwww" "ww"), carry=1.0).right == 12


def test_the_class_before_may_linger():
    late = timed("ssssssss" "ss.." "........")
    assert figures(SEGMENTS, late, carry=0.5).alarms == 0
    again = timed("ssssssss" "...s" "........")  # 0.75 s behind the end of its segment
    assert figures(SEGMENTS, again, carry=0.5).alarms == 1
    assert figures(SEGMENTS, again, carry=1.0).alarms == 0


def test_false_alarms_are_changes():
    assert figures(SEGMENTS, timed("ssxxxxss" "...." "wwwwwwww"), carry=0.5).alarms == 1
    assert figures(SEGMENTS, timed("sxsxssss" "xxxx" "wwwwwwww"), carry=0.5).alarms == 3
    assert figures(SEGMENTS, timed("ssssssss" "...." "x.x.x.ww"), carry=0.5).alarms == 3


def test_the_dominant_class_is_alone():
    assert figures(SEGMENTS, timed("ssssxxx." "...." "wwwwxxxx"), carry=0.5).dominant == 1
    assert figures(SEGMENTS, timed("........" "...." "xxxxxxxw"), carry=0.5).dominant == 0
    assert figures(SEGMENTS, timed("........" "...." "xxxxxxxw"), carry=0.5).final == 1


def test_no_answer_at_all():
    found = figures(SEGMENTS, [], carry=0.5)
    assert (found.segments, found.dominant, found.delay) == (2, 0, None)
    assert found.to_dict()["right"] is None and found.to_dict()["recognised"] == 0


def test_sums():
    one = figures(SEGMENTS, timed("..ssssss" "...." ".wwwwwww"), carry=0.5)
    two = summed([one, one])
    assert two.segments == 4 and two.seconds == 10 and len(two.delays) == 4
    assert two.to_dict() == {
        "segments": 4, "dominant": 1.0, "final": 1.0, "recognised": 1.0, "delay_seconds": 0.375,
        "delay_seconds_90": 0.5, "answers": 32, "right": 0.8125, "silent": 0.1875, "quiet_in_pauses": 1.0,
        "false_alarms": 0, "false_alarms_per_minute": 0.0, "seconds": 10}
    assert Figures(alarms=3, seconds=30).alarms_per_minute == pytest.approx(6)
