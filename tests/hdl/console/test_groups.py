"""Groups of ``hypgcn --help``."""

from hypgcn.cli import whole_parser
from hypgcn.console import Commands, texts
from hypgcn.console.groups import GROUPS, listing


def test_every_command_is_in_one_group():
    commands, = (action for action in whole_parser()._actions if isinstance(action, Commands))
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(texts(commands)), "hdl/hypgcn/console/groups.py"


def test_listing():
    text = listing({"train": "make a network", "verilog": "write it down, which takes some words more than fit",
                    "odd": "from another package"}, width=50)
    assert text.splitlines() == [
        "offline: from recordings to a design", "  train    make a network", "",
        "hardware: from a design to RTL, and what it costs", "  verilog  write it down, which takes some words",
        "           more than fit", "", "others", "  odd      from another package"]


def test_groups_without_a_command_are_left_out():
    assert listing({"doctor": "look"}) == "this installation\n  doctor  look"
