"""``hypgcn completion``: a script that completes commands, options and files in a shell."""

import argparse
from collections.abc import Callable

from ..needs import install_command
from .parser import Commands, examples

__all__ = ["SHELLS", "register_completion"]

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")

_FILES = {"FILE", "DIR", "PATH", "CHECKPOINT", "DESIGN", "DESIGN[,DESIGN...]", "CLIP", "CLIPS", "RECORDING",
          "NETWORK", "QUANTISED"}
"""Names of values in the help that stand for files and folders; presets are no files, and are typed."""


def register_completion(commands, whole: Callable[[], argparse.ArgumentParser]):
    """Add the parser of ``hypgcn completion``; ``whole`` makes the parser of all commands."""
    parser = commands.add_parser("completion", help="print a script that completes commands and options in a shell")
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")
    parser.set_defaults(run=lambda args: _complete(args.shell, whole()))
    examples(parser, "hypgcn completion bash > build/hypgcn.bash  # then: source build/hypgcn.bash",
             "hypgcn completion zsh > build/_hypgcn              # then: put it into a folder of $fpath")


def _complete(shell: str, parser: argparse.ArgumentParser):
    try:
        import shtab
    except ModuleNotFoundError as error:
        raise ValueError(f"hypgcn completion needs shtab, which is not installed: run "
                         f"{install_command('base')}") from error
    print(shtab.complete(_with_files(parser), shell))


def _with_files(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """``parser`` whose values that are files are marked for shtab."""
    import shtab

    for action in parser._actions:
        if isinstance(action, Commands):
            for one in action.choices.values():
                _with_files(one)
        elif str(action.metavar) in _FILES or action.dest in ("data", "out"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return parser
