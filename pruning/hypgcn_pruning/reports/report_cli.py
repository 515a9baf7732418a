"""Subcommands of ``hypgcn`` that measure: accuracy, tradeoff, missing, architectures."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from hypgcn.console import add_json, examples, finished, show
from hypgcn.design.files import write_json

from ..config import STREAMS
from .architecture_page import architecture_tables, write_tables
from .report_config import ACCURACY, ARCHITECTURES, MISSING, STEPS, TRADEOFF, AccuracyConfig, MissingConfig

__all__ = ["register_reports"]


def pairs(option: str, texts: Sequence[str], names: Sequence[str] = ()) -> dict[str, str]:
    """``{name: path}`` of options of the form ``NAME=PATH``; with ``names`` only those."""
    paths: dict[str, str] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name and equals and path) or names and name not in names:
            form = f"one of {', '.join(names)}, = and a path" if names else "a name, = and a path"
            raise ValueError(f"{option} must be {form}, not {text!r}")
        if name in paths:
            raise ValueError(f"{option} must be given once for {name}, not for {paths[name]} and {path}")
        paths[name] = path
    return paths


def register_reports(commands, common, add_options, config_of, data_of):
    """Add the parsers to argparse's subparsers ``commands``; the other arguments are the helpers of ``cli.py``."""
    parser = common(commands, "accuracy", "measure networks on the test clips into a table of results", ACCURACY,
                    lambda args: _accuracy(args, data_of(args), config_of(AccuracyConfig, args)))
    examples(parser, "hypgcn accuracy --data build/motion.npz --joint dense=build/example/float/last.safetensors "
             "--joint int8=build/example/design --bone dense=build/example/bone/last.safetensors")
    for stream in STREAMS:
        parser.add_argument(f"--{stream}", action="append", default=[], metavar="STEP=PATH[,PATH...]",
                            help=f"network of the {stream} stream: {', '.join(STEPS[:-1])}=checkpoint or int8=design; "
                                 f"for each step. Of several paths, networks of several seeds, the first one's row has "
                                 f"the spread. Sums of streams are measured too")
    add_options(parser, AccuracyConfig)
    add_json(parser)
    parser = common(commands, "tradeoff", "measure accuracy against work of networks, with a picture",
                    TRADEOFF, lambda args: _tradeoff(args, data_of(args)))
    examples(parser, "hypgcn tradeoff --data build/motion.npz --point dense=build/example/float/last.safetensors "
             "--point half=build/example/pruned/pruned.safetensors")
    add_json(parser)
    parser.add_argument("--point", action="append", default=[], metavar="NAME=PATH", required=True,
                        help="a checkpoint, or a folder with pruned.safetensors and design/; may be given more than "
                             "once. Points that are not given stay as they are")
    parser.add_argument("--validate", default="",
                        help="measure on the training clips that hypgcn train --validate holds out, view=2 or a share "
                             "such as 0.2, not on the test clips; into another file (-o)")
    parser = common(commands, "missing", "measure the accuracy against the share of missing joints", MISSING,
                    lambda args: _missing(args, data_of(args), config_of(MissingConfig, args)))
    examples(parser, "hypgcn missing build/example/float/last.safetensors --data build/motion.npz --shares 0,0.1,0.3")
    add_json(parser)
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="float or pruned network (.safetensors or .pt)")
    add_options(parser, MissingConfig)
    parser = commands.add_parser("architectures", help="which published networks load, and what they cost",
                                 description="Estimate what published networks cost in hardware, dense and pruned; "
                                             "all of them take an hour.")
    examples(parser, "hypgcn architectures --cached")
    add_json(parser)
    parser.add_argument("--cache", type=Path, default=Path("build/architectures"),
                        help="folder for the estimates, which take minutes each and are not made twice (default: "
                             "%(default)s)")
    parser.add_argument("--cached", action="store_true", help="only estimates that the folder has; others are left out")
    parser.add_argument("--page", type=Path, help="Markdown file in which the tables are replaced, docs/models.md")
    parser.add_argument("-o", "--out", type=Path, default=Path(ARCHITECTURES), help="output file (default: "
                                                                                    "%(default)s)")
    parser.set_defaults(run=_architectures)


def _architectures(args):
    rows = _module("architectures").measure_architectures(cache=args.cache, cached=args.cached)
    write_json(args.out, rows)
    if args.page:
        write_tables(args.page, rows)
    show(args, rows, architecture_tables(rows))
    finished(args.out, args.page)


def _module(name: str):
    """A module of this package that needs torch; loaded here, not when commands are listed."""
    return importlib.import_module(f".{name}", __package__)


def _accuracy(args, data, config) -> int:
    networks = {stream: {step: paths.split(",") for step, paths in pairs(
        f"--{stream}", getattr(args, stream.replace("-", "_")), STEPS).items()} for stream in STREAMS}
    accuracy = _module("accuracy")
    try:
        rows = accuracy.accuracy_step(args.out, data=data, networks=networks, config=config)
    except accuracy.Difference as error:
        print(f"hypgcn: {error}", file=sys.stderr)
        return 1
    show(args, rows, _accuracy_table(rows))
    finished(args.out, then=["report", design] if (design := _first_design(networks)) else ())
    return 0


def _first_design(networks) -> str | None:
    """The first design among the networks of ``hypgcn accuracy``."""
    return next((steps["int8"][0] for steps in networks.values() if "int8" in steps), None)


def _accuracy_table(rows) -> str:
    width, lines = max(len(row["stream"]) for row in rows), []
    for row in rows:
        seeds = (f"; of {row['seeds']} seeds {100 * row['top1_mean']:.2f} % in the mean, {100 * row['top1_low']:.2f} "
                 f"to {100 * row['top1_high']:.2f} %" if "seeds" in row else "")
        unseen = (f"; without the {row['clips_seen']} clips that are training clips as well "
                  f"{100 * row['top1_unseen']:.2f} %" if row["clips_seen"] and row["top1_unseen"] is not None else "")
        lines.append(f"{row['stream']:{width}} {row['step']:8} {100 * row['top1']:6.2f} % (mean of the classes "
                     f"{100 * row['class_accuracy']:.2f} %{unseen}{seeds})  {row['mac_reduction']:6.2f} x fewer "
                     f"multiplications by weights, {row['effective_reduction']:6.2f} x executed, density H "
                     f"{row['density_h']:.2f}, X {row['density_x']:.2f}, Z {row['density_z']:.2f}")
    return "\n".join(lines)


def _tradeoff(args, data):
    points = pairs("--point", args.point)
    rows = _module("tradeoff").tradeoff_step(args.out, data=data, points=points, validate=args.validate)
    show(args, rows, "\n".join(
        f"{point['name']:10} {point['mac_reduction']:6.2f} x  float {100 * point['top1_float']:.2f} %"
        + (f"  int8 {100 * point['top1_int8']:.2f} %" if point["top1_int8"] is not None else "") for point in rows))
    finished(args.out, Path(args.out).with_suffix(".png"))


def _missing(args, data, config):
    report = _module("missing_share").missing_step(args.out, checkpoint=args.checkpoint, data=data, config=config)
    lines = [f"{report['clips']} clips, {len(report['seeds'])} seeds; missing for {report['gap']} frames in a row"]
    lines += [f"{100 * row['share']:5.1f} % of the joints missing: " + ", ".join(
        f"{text} {100 * row[name]['top1']:.2f} % ({100 * row[name]['low']:.2f} to {100 * row[name]['high']:.2f} %)"
        for name, text in (("filled", "filled"), ("zero", "left at zero"))) for row in report["rows"]]
    show(args, report, "\n".join(lines))
    finished(args.out)
