import pytest

from hypgcn_sim.stimuli.hold_rule import HoldRule


def sample(*cycles, number=False):
    """Transfers of (valid, ready, payload) cycles."""
    rule = HoldRule("o")
    return [rule.sample(*cycle, index if number else None) for index, cycle in enumerate(cycles)]


def test_sound_streams_pass():
    assert sample((0, 1, None), (1, 0, 5), (1, 0, 5), (1, 1, 5), (1, 1, 6), (0, 0, 6), (1, 0, 7)) == [
        False, False, False, True, True, False, False]


@pytest.mark.parametrize(("cycles", "text"), [
    ([(1, 0, 5), (0, 0, 5)], "^o: valid dropped before the transfer$"),
    ([(1, 0, 5), (0, 1, 5)], "^o: valid dropped before the transfer$"),
    ([(1, 0, 5), (1, 0, 6)], "^o: payload changed before the transfer$"),
    ([(1, 1, 4), (1, 0, 5), (1, 1, 6)], "^o: payload changed before the transfer$"),
    ([(1, 0, 5), (1, 1, None)], "^o: payload changed before the transfer$"),
])
def test_broken_streams_are_named(cycles, text):
    with pytest.raises(AssertionError, match=text):
        sample(*cycles)


def test_cycle_of_a_broken_rule():
    with pytest.raises(AssertionError, match="before the transfer, at cycle 1$"):
        sample((1, 0, 5), (0, 0, 5), number=True)


def test_reset_ends_the_wait():
    rule = HoldRule("o")
    rule.sample(1, 0, 5)
    rule.reset()
    assert not rule.sample(0, 0, 0)
