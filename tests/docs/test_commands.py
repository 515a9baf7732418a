"""Every command on every page is one that the programs know: its verb, its options, its targets and variables."""

import argparse
import re
import shlex
from functools import cache
from pathlib import Path
from unittest import mock

import pytest

from hypgcn import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "checkpoints").glob("*/README.md")])


class _ParserIsReadyError(Exception):
    pass


@cache
def verbs() -> dict[str, argparse.ArgumentParser]:
    """The parser of each verb of the command ``hypgcn``, plugins included."""
    ready = mock.patch.object(argparse.ArgumentParser, "parse_args", autospec=True, side_effect=_ParserIsReadyError)
    with ready as parse:
        with pytest.raises(_ParserIsReadyError):
            cli.main([])
        parser = parse.call_args.args[0]
    subcommands, = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(subcommands.choices)


@cache
def makefile() -> tuple[dict[str, str], set[str]]:
    """Recipes of the targets that the list of verbs shows, and the variables."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    targets = dict(re.findall(r"^([a-z0-9-]+):[^=\n]*\n((?:\t.*\n)*)", text, re.M))
    return targets, set(re.findall(r"^([A-Z]+) *[?:]?=", text, re.M))


def commands(text: str) -> list[str]:
    """What a page shows as a command: lines of code blocks, and code in the text, that begin with a program's name."""
    fence = re.compile(r"^ *```.*?^ *```", re.S | re.M)
    blocks = fence.findall(text) + re.findall(r"^    .*", fence.sub("", text), re.M)
    lines = [line.strip().removeprefix("$ ") for line in "\n".join(blocks).replace("\\\n", " ").splitlines()]
    lines += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", fence.sub("", text))]
    # A picture with arrows is no command.
    return [line for line in lines if re.match(r"(hypgcn|make) [a-zA-Z-]", line) and "->" not in line]


def wrong_option(verb: str, words: list[str]) -> str | None:
    """The first option that the verb does not know, or the first value that its choices exclude."""
    options = verbs()[verb]._option_string_actions
    for word, following in zip(words, [*words, ""][1:], strict=True):
        if word.startswith("-") and not re.fullmatch(r"-[\d.]+", word):
            name = word.partition("=")[0].rstrip(",")
            if name not in options:
                return f"{verb} has no option {word}"
            choices = options[name].choices
            if choices and following and not following.isupper() and following.rstrip(",") not in map(str, choices):
                return f"{verb} {word} cannot be {following}"
    return None


def wrong(command: str) -> str | None:
    """What is wrong with a command, or ``None``."""
    words = shlex.split(command, comments=True)
    if words[0] == "hypgcn":
        if words[1].isupper() or words[1] == "--help":
            return None  # stands for any verb, or for none
        return wrong_option(words[1], words[2:]) if words[1] in verbs() else f"no verb {words[1]}"
    if words[1] == "-C":
        return None if (ROOT / words[2] / "Makefile").is_file() else f"no Makefile in {words[2]}"
    targets, variables = makefile()
    named = [word for word in words[1:] if "=" not in word]
    for target in named:
        if target not in targets:
            return f"no target {target}"
    for word in words[1:]:
        variable, equals, value = word.partition("=")
        if equals and variable not in variables:
            return f"no variable {variable}"
        if variable == "ARGS" and value.strip(" .") and (verb := re.search(r"/hypgcn ([a-z-]+)", targets[named[0]])):
            if problem := wrong_option(verb[1], shlex.split(value)):
                return problem
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_known(page):
    problems = [f"{command}: {problem}" for command in commands(page.read_text(encoding="utf-8"))
                if (problem := wrong(command))]
    assert not problems, "\n".join(problems)


def test_commands_are_collected():
    assert sum(len(commands(page.read_text(encoding="utf-8"))) for page in PAGES) > 100


@pytest.mark.parametrize("command", [
    "hypgcn verify DESIGN", "hypgcn verilog DESIGN --fast", "hypgcn run --driver rust", "make all",
    "make sim DESIGNS=x", "make synth ARGS='--colour blue'", "make -C nowhere",
])
def test_an_unknown_command_is_noticed(command):
    assert wrong(command)


def test_collects_from_blocks_and_text():
    text = "```\n$ make sim   # all\n```\n\nSee `hypgcn\nlint` and `make`.\n\n    hypgcn presets\n"
    assert commands(text) == ["make sim   # all", "hypgcn presets", "hypgcn lint"]
