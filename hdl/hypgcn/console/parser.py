"""Parser of the command line: argparse, with examples in the help, and with the word that was probably meant."""

import argparse
import difflib
from typing import NoReturn

__all__ = ["Commands", "HelpFormatter", "Parser", "examples", "texts"]


class HelpFormatter(argparse.HelpFormatter):
    """Help whose examples stay as they are written, and that leaves commands to whoever groups them."""

    def _fill_text(self, text, width, indent):
        if "\n" in text:
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)

    def _format_action(self, action):
        return "" if isinstance(action, Commands) else super()._format_action(action)


class Commands(argparse._SubParsersAction):
    """Subparsers whose short text in the list of commands is also the first line of their own help."""

    def add_parser(self, name, **options):
        """Add the parser of the command ``name``; its ``description`` is its ``help`` where there is none."""
        text = options.get("help") or ""
        options.setdefault("description", f"{text[:1].upper()}{text[1:]}.")
        options.setdefault("formatter_class", HelpFormatter)
        return super().add_parser(name, **options)


def texts(commands: argparse._SubParsersAction) -> dict[str, str]:
    """Short text of every command, in the order in which they were added."""
    return {action.dest: action.help or "" for action in commands._get_subactions()}


def examples(parser: argparse.ArgumentParser, *lines: str):
    """Show ``lines`` at the end of the help of ``parser``, as examples.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of a command.
    lines : str
        Command lines that run as they stand, in this order. Their files are in the repository, or are made by an
        example of a command before; ``tests/hdl/console/test_examples.py`` holds that.
    """
    parser.epilog = "examples:\n" + "\n".join(f"  {line}" for line in lines)
    parser.formatter_class = HelpFormatter


def _meant(word: str, known) -> str:
    """``: did you mean X?`` for the nearest of ``known``, or nothing."""
    found = difflib.get_close_matches(word, [*known], n=1)
    return f": did you mean {found[0]}?" if found else ""


class Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, with the option or command that was probably meant."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse ``args``; an option or a word that nobody knows ends the program."""
        if args is not None and self._subparsers is None and "-" in self.prefix_chars:
            # argparse names what is missing before what is unknown, which is often the same thing.
            self._check_options(args)
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"{rest[0]!r} is not understood{self._hint(rest[0])}")
        return found, rest

    def _check_options(self, words):
        for word in words:
            if word == "--":
                return
            name = word.partition("=")[0]
            if name.startswith("--") and not any(known.startswith(name) for known in self._option_string_actions):
                self.error(f"there is no option {name}{self._hint(name)}")

    def _hint(self, word: str) -> str:
        return _meant(word, self._option_string_actions) or f": {self.prog} --help lists what there is"

    def _check_value(self, action, value):
        choices = list(action.choices or ())
        if isinstance(action, Commands) and value not in choices:
            hint = _meant(str(value), choices) or f": {self.prog} --help lists them"
            raise argparse.ArgumentError(None, f"{value!r} is no command{hint}")
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """Print one line that names the command and the mistake, and end with status 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")
