import pytest
from amaranth.lib import data

from hypgcn_sim.stimuli.payload import describe, pack
from hypgcn_sim.stimuli.scoreboard import Scoreboard

SHAPE = describe(data.StructLayout({"value": 8, "flag": 1, "last": 1}))


def scoreboard(beats, **member):
    words = [pack(SHAPE, beat) for beat in beats]
    member = {"shape": SHAPE, "tensor": "blocks.1.y", "axes": [["frame", 2], ["joint", 3]], **member}
    return Scoreboard("o", member, words)


def feed(check, *beats):
    for cycle, beat in enumerate(beats):
        check.check(pack(SHAPE, beat), cycle)


def test_equal_beats_pass():
    beats = [{"value": n} for n in range(6)]
    check = scoreboard(beats)
    assert not check.complete
    feed(check, *beats)
    assert check.complete


def test_difference_names_tensor_index_expected_and_got():
    beats = [{"value": n} for n in range(6)]
    with pytest.raises(AssertionError, match=r"^blocks\.1\.y\[frame 1, joint 1\]\.value: expected 4, got 9 "
                                             r"\(stream o, beat 4, cycle 4\)$"):
        feed(scoreboard(beats), *beats[:4], {"value": 9})


def test_what_follows_is_an_error():
    with pytest.raises(AssertionError, match=r"'value': 7.* follows the 1 expected beats of blocks\.1\.y, at cycle 1"):
        feed(scoreboard([{"value": 1}]), {"value": 1}, {"value": 7})


def test_ignored_fields():
    feed(scoreboard([{"value": 1}], ignore=["flag"]), {"value": 1, "flag": 1})
    with pytest.raises(AssertionError, match="value: expected 1, got 2"):
        feed(scoreboard([{"value": 1}], ignore=["flag"]), {"value": 2})


def test_void_beats_only_have_an_end():
    feed(scoreboard([{"flag": 1, "last": 1}], void="flag"), {"value": 5, "flag": 1, "last": 1})
    for wrong, field in (({"flag": 1}, "last"), ({"flag": 0, "last": 1}, "flag")):
        with pytest.raises(AssertionError, match=f"{field}: expected 1, got 0"):
            feed(scoreboard([{"flag": 1, "last": 1}], void="flag"), wrong)


def test_place_without_axes():
    with pytest.raises(AssertionError, match=r"sums\[beat 0\]\.value"):
        feed(scoreboard([{"value": 1}], axes=[], tensor="sums"), {"value": 0})
