"""What commands print: a table or the same figures as JSON, and at the end what was written and what may follow."""

import argparse
import json
import os
import select
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout

from .. import __version__
from ..design import Design
from ..design.ensemble import Ensemble

__all__ = ["add_json", "finished", "introduce", "json_alone", "output_is_closed", "show"]


def add_json(parser: argparse.ArgumentParser):
    """Add ``--json``, for a command that prints figures by :func:`show`."""
    parser.add_argument("--json", action="store_true",
                        help="print the figures as JSON, and nothing else on the standard output")


@contextmanager
def json_alone(args: argparse.Namespace) -> Iterator[None]:
    """With ``--json``, let nothing but what :func:`show` prints reach the standard output while the block runs."""
    if not getattr(args, "json", False):
        yield
        return
    args.json_out = sys.stdout
    with redirect_stdout(sys.stderr):
        yield


def output_is_closed() -> bool:
    """Whether nobody reads the standard output any more, as behind ``| head``; then what is left of it goes nowhere."""
    try:
        output = sys.stdout.fileno()
    except OSError:     # not of the system, as in tests
        return False
    poll = select.poll()
    poll.register(output, 0)
    closed = any(event & select.POLLERR for _, event in poll.poll(0))
    if closed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return closed


def show(args: argparse.Namespace, figures: object, text: str | Callable[[], str]):
    """Print the table ``text``, or with ``--json`` the ``figures`` it was made of.

    Parameters
    ----------
    args : argparse.Namespace
        Of a command with :func:`add_json`.
    figures : plain data
        Numbers as numbers; a value that is not known is None. NumPy's scalars and arrays are taken, too.
    text : str or callable
        The table for people; a function that makes it is called only where it is shown.
    """
    if getattr(args, "json", False):
        print(json.dumps(figures, indent=1, allow_nan=False, default=_plain),
              file=getattr(args, "json_out", sys.stdout), flush=True)
    else:
        print(text() if callable(text) else text)


def _plain(value):
    try:
        return value.tolist()
    except AttributeError:
        return str(value)  # a path


def introduce(network: Design | Ensemble, *facts: str):
    """Print the first line of a command: the version, the network, and ``facts``, such as how it is folded."""
    kind = "ensemble" if isinstance(network, Ensemble) else "design"
    print("; ".join([f"hypgcn {__version__}: {kind} {network.name}, hash {network.hash[:16]}", *facts]), flush=True)


def finished(*written: object, note: str = "", then: Sequence[object] = ()):
    """Print the last lines of a command: what it wrote, and the command that usually follows.

    Parameters
    ----------
    written : path or None
        Files and folders; those that were not asked for are None, or empty.
    note : str
        What to do with them, or what they hold.
    then : sequence
        Words of the command, ``hypgcn`` left out; empty where none follows.
    """
    names = [str(path) for path in written if path]
    if names:
        text = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        print(f"written: {text}{'; ' if note else ''}{note}")
    if then:
        print(f"next: hypgcn {shlex.join(map(str, then))}")
