import dataclasses

import pytest

from hypgcn.boards.board import BOARDS, board
from hypgcn.design.presets import PRESETS
from hypgcn.planning.device import Device


@pytest.mark.parametrize("name", BOARDS)
def test_boards(name):
    found = board(name)
    assert found.name == name
    assert found.divisor * found.baud == found.clock_hz
    assert Device.load(found.device)
    assert found.design in PRESETS


@pytest.mark.parametrize(("field", "value"), [("share", 0), ("share", 101), ("baud", 0), ("baud", 7_000_000),
                                              ("baud", 5_900_000)])
def test_rejects(field, value):
    with pytest.raises(ValueError, match=f"{field} must be"):
        dataclasses.replace(board("ulx3s"), **{field: value})


def test_unknown_board():
    with pytest.raises(ValueError, match="board must be one of 'ulx3s', 'kcu105', not 'zcu'"):
        board("zcu")
