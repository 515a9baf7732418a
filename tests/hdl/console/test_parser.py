"""What the parser says of mistakes, and how its help looks."""

import argparse

import pytest

from hypgcn.cli import main, whole_parser
from hypgcn.console import Commands, HelpFormatter, Parser, examples, texts


def small() -> Parser:
    parser = Parser(prog="tool", formatter_class=HelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, action=Commands)
    one = commands.add_parser("train", help="make a network")
    one.add_argument("data")
    one.add_argument("--epochs", type=int, required=True)
    one.add_argument("--epoch-steps", type=int)
    one.add_argument("--replay", action=argparse.BooleanOptionalAction)
    examples(one, "tool train x --epochs 3   # a comment", "tool train y --epochs 4")
    return parser


def error_of(capsys, *words) -> str:
    with pytest.raises(SystemExit, match="2"):
        small().parse_args(list(words))
    found = capsys.readouterr()
    assert not found.out and found.err.count("\n") == 1
    return found.err


@pytest.mark.parametrize(("words", "text"), [
    (("trian", "x"), "tool: error: 'trian' is no command: did you mean train?"),
    (("xyzzy",), "tool: error: 'xyzzy' is no command: tool --help lists them"),
    # Before what is missing, which is the same thing.
    (("train", "x", "--epohcs", "3"), "tool train: error: there is no option --epohcs: did you mean --epochs?"),
    (("train", "x", "--epohcs=3"), "tool train: error: there is no option --epohcs: did you mean --epochs?"),
    (("train", "x", "--epochs", "3", "--norepaly"), "there is no option --norepaly: did you mean --no-replay?"),
    (("train", "x", "--epochs", "3", "--colour"), "there is no option --colour: tool train --help lists what there is"),
    (("train", "x", "--epochs", "3", "y"), "tool train: error: 'y' is not understood: tool train --help lists"),
    (("train", "x", "--epochs", "3", "-q"), "tool train: error: '-q' is not understood"),
    (("train", "x"), "the following arguments are required: --epochs"),
    (("train", "x", "--epochs", "many"), "argument --epochs: invalid int value: 'many'"),
])
def test_errors_are_one_line(capsys, words, text):
    assert text in error_of(capsys, *words)


def test_what_is_right_is_parsed():
    args = small().parse_args(["train", "x", "--epochs", "3", "--no-replay"])
    assert (args.data, args.epochs, args.replay) == ("x", 3, False)
    assert small().parse_args(["train", "--epochs", "-3", "--", "--x"]).data == "--x"
    assert small().parse_args(["train", "x", "--epochs=3", "--rep"]).replay is True  # the beginning of an option


def test_help_ends_with_the_examples_as_they_are_written(capsys):
    with pytest.raises(SystemExit, match="0"):
        small().parse_args(["train", "--help"])
    printed = capsys.readouterr().out
    assert "\nMake a network.\n" in printed
    assert printed.endswith("examples:\n  tool train x --epochs 3   # a comment\n  tool train y --epochs 4\n")


def test_commands_stand_in_their_groups_alone(capsys):
    assert "make a network" not in small().format_help()
    parser = whole_parser()
    commands, = (action for action in parser._actions if isinstance(action, Commands))
    text = parser.format_help()
    for name, short in texts(commands).items():
        assert text.count(f"\n  {name} ") == 1, name
        assert len(short) <= 62, f"the help of {name} must fit a line of 80 columns"


def test_options_of_a_real_command(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["verilog", "tiny", "--mutlipliers", "3"])
    assert capsys.readouterr().err == ("hypgcn verilog: error: there is no option --mutlipliers: did you mean "
                                       "--multipliers?\n")
