"""Options of commands for several networks as one, and ``hypgcn ensemble``, which writes them into a folder."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .console import add_json, examples, finished, introduce, show
from .design import Design
from .design.ensemble import ENSEMBLE_FILE, Ensemble, check_stream, is_ensemble
from .design.files import check_out_folder
from .input_options import add_input_options, input_words, with_input

__all__ = ["Networks", "add_stream_options", "load_network", "network_words", "register_ensemble"]


@dataclass(frozen=True, kw_only=True)
class Networks:
    """What commands below this floor need of networks.

    Parameters
    ----------
    load_design : callable
        Gives a design by its folder or name.
    load_foldings : callable
        Gives the folding, or foldings, of a file for a network.
    """

    load_design: Callable[[str], Design]
    load_foldings: Callable

    def add_options(self, parser: argparse.ArgumentParser):
        """Add DESIGN and the options of networks."""
        parser.add_argument("design", metavar="DESIGN", nargs="?",
                            help="folder of a design or of an ensemble, or a preset")
        add_stream_options(parser)
        add_input_options(parser)

    def load(self, args: argparse.Namespace) -> Design | Ensemble:
        """See :func:`load_network`."""
        return load_network(args, self.load_design)

    def words(self, args: argparse.Namespace) -> list[str]:
        """See :func:`network_words`."""
        return network_words(args)


def add_stream_options(parser: argparse.ArgumentParser):
    """Add ``--stream`` and ``--weight``."""
    group = parser.add_argument_group("several networks as one")
    group.add_argument("--stream", action="append", default=[], metavar="NAME=DESIGN",
                       help="a network of an ensemble, in place of DESIGN; twice or more, such as joint=... and "
                            "bone=...: all take the same raw joints (--input raw makes designs for int8 clips take "
                            "such), and their scores are summed")
    group.add_argument("--weight", action="append", default=[], metavar="NAME=NUMBER",
                       help="weight of the logits of a stream in the sum (default: 1)")


def load_network(args: argparse.Namespace, load_design: Callable[[str], Design],
                 default: str | None = None) -> Design | Ensemble:
    """What the options say: one design, the ensemble in ``args.design``, or that of ``args.stream``.

    Parameters
    ----------
    args : argparse.Namespace
        With ``design``, and the options of :func:`add_stream_options` and
        :func:`~hypgcn.input_options.add_input_options`.
    load_design : callable
        Gives a design by its folder or name.
    default : str, optional
        Design where neither is given; ``None``: that is an error.

    Raises
    ------
    ValueError
        The options do not fit together, or the designs do not.
    """
    if args.stream:
        if args.design is not None:
            raise ValueError(f"DESIGN must be left out with --stream, not {args.design!r}")
        return _of_streams(args, load_design)
    if args.weight:
        raise ValueError(f"--weight must be left out without --stream, not {args.weight[0]!r}")
    text = args.design or default
    if text is None:
        raise ValueError("DESIGN must be given, or --stream NAME=DESIGN twice or more")
    if not is_ensemble(text):
        return with_input(load_design(text), args)
    if args.input == "raw":
        raise ValueError(f"--input must be left out for {text}: the designs of an ensemble take raw joints already")
    ensemble = Ensemble.load(text)
    with_input(ensemble.designs[0], args)   # the settings of raw joints would have no effect
    return ensemble


def network_words(args: argparse.Namespace, default: str | None = None) -> list[str]:
    """Words of a command line that name the network that :func:`load_network` makes of ``args``."""
    streams = [word for text in args.stream for word in ("--stream", text)]
    weights = [word for text in args.weight for word in ("--weight", text)]
    return [*(streams or [str(args.design or default)]), *weights, *input_words(args)]


def _of_streams(args: argparse.Namespace, load_design: Callable[[str], Design]) -> Ensemble:
    named = _pairs("--stream", "NAME=DESIGN, such as joint=build/joint/design", args.stream)
    weights = _pairs("--weight", "NAME=NUMBER, such as joint=1.5", args.weight)
    for name in named:
        check_stream("--stream: NAME", name)
    for name in weights:
        if name not in named:
            raise ValueError(f"--weight must be of a stream ({', '.join(named)}), not of {name}")
    numbers = {name: _weight(name, value) for name, value in weights.items()}
    if len(named) < 2:
        raise ValueError(f"--stream must be given twice or more, for networks whose scores are summed, not for "
                         f"{', '.join(named)} alone")
    designs = []
    for name, given in {name: load_design(text) for name, text in named.items()}.items():
        design = with_input(given, args)
        if design.raw is None:
            raise ValueError(f"--stream {name}: design {design.name} takes prepared int8 clips, of its own: give "
                             f"--input raw, with which all streams take the same raw joints")
        designs.append(design)
    return Ensemble(name="+".join(named), streams=tuple(named), designs=tuple(designs),
                    weights=tuple(numbers.get(name, Fraction(1)) for name in named))


def _pairs(option: str, form: str, texts: list[str]) -> dict[str, str]:
    """Names and values of ``NAME=VALUE``, each name once."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value:
            raise ValueError(f"{option} must be {form}, not {text!r}")
        if name in found:
            raise ValueError(f"{option} must name each stream once, not {name} twice")
        found[name] = value
    return found


def _weight(name: str, text: str) -> Fraction:
    try:
        weight = Fraction(text)
    except (ValueError, ZeroDivisionError):
        weight = Fraction(0)
    if weight <= 0:
        raise ValueError(f"--weight: that of {name} must be a positive number such as 1.5, not {text!r}")
    return weight


def register_ensemble(commands, load_design: Callable[[str], Design]):
    """Add the parser of ``hypgcn ensemble``."""
    parser = commands.add_parser("ensemble", help="several networks as one, in a folder for the other commands",
                                 description="Several networks as one: check that they fit together, and write them "
                                             "into a folder that other commands take as DESIGN.")
    examples(parser, "hypgcn ensemble --stream joint=checkpoints/nwucla_small/design --stream "
             "bone=checkpoints/nwucla_small_bone/design --input raw -o build/two")
    add_json(parser)
    add_stream_options(parser)
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, default=Path("build/ensemble"),
                        help="folder for ensemble.json and the design of each stream (default: %(default)s)")
    add_input_options(parser)
    parser.set_defaults(run=lambda args: _run(args, load_design))


def _run(args: argparse.Namespace, load_design: Callable[[str], Design]):
    check_out_folder("--out", args.out)
    if not args.stream:
        raise ValueError("--stream NAME=DESIGN must be given twice or more")
    ensemble = _of_streams(args, load_design)
    folders = [args.out / stream for stream in ensemble.streams]
    for design, folder in zip(ensemble.designs, folders):
        design.save(folder)
    ensemble.save(args.out / ENSEMBLE_FILE, folders)
    introduce(ensemble)
    parts = list(zip(ensemble.streams, ensemble.designs, ensemble.weights, ensemble.mults))
    rows = [{"stream": stream, "design": design.name, "hash": design.hash, "weight": str(weight), "mult": mult}
            for stream, design, weight, mult in parts]
    lines = [f"  {stream:12} design {design.name}, hash {design.hash[:16]}, weight {float(weight):g}, logits times "
             f"{mult}" for stream, design, weight, mult in parts]
    lines.append(f"sum shifted right by {ensemble.shift}, {ensemble.score_width} bits; a score times "
                 f"{ensemble.score_scale:.6g} is the weighted sum of logits")
    show(args, {"ensemble": ensemble.name, "hash": ensemble.hash, "streams": rows, "shift": ensemble.shift,
                "score_width": ensemble.score_width, "score_scale": ensemble.score_scale}, "\n".join(lines))
    finished(args.out / ENSEMBLE_FILE, then=["allocate", args.out])
