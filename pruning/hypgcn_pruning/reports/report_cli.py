"""Subcommands of ``hypgcn`` that measure: accuracy and tradeoff, which write ``results/``, and missing."""

import importlib
import sys
from collections.abc import Sequence

from ..config import STREAMS
from .report_config import ACCURACY, MISSING, STEPS, TRADEOFF, AccuracyConfig, MissingConfig

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
    parser = common(commands, "accuracy", "measure networks on the held-out clips into the table of results", ACCURACY,
                    lambda args: _accuracy(args, data_of(args), config_of(AccuracyConfig, args)))
    for stream in STREAMS:
        parser.add_argument(f"--{stream}", action="append", default=[], metavar="STEP=PATH[,PATH...]",
                            help=f"network of the {stream} stream: {', '.join(STEPS[:-1])}=checkpoint or int8=design; "
                                 f"for each step. Of several paths, networks of several seeds, the first one's row has "
                                 f"the spread. Sums of streams are measured too")
    add_options(parser, AccuracyConfig)
    parser = common(commands, "tradeoff", "measure pruned networks into the accuracy trade-off and its picture",
                    TRADEOFF, lambda args: _tradeoff(args, data_of(args)))
    parser.add_argument("--point", action="append", default=[], metavar="NAME=PATH", required=True,
                        help="a checkpoint, or a folder with pruned.safetensors and design/; may be given more than "
                             "once. Points that are not given stay as they are")
    parser.add_argument("--validate", default="",
                        help="measure on the training clips that hypgcn train --validate holds out, view=2 or a share "
                             "such as 0.2, not on the test clips; into another file (-o)")
    parser = common(commands, "missing", "measure the accuracy against the share of missing joints", MISSING,
                    lambda args: _missing(args, data_of(args), config_of(MissingConfig, args)))
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="float or pruned network (.safetensors or .pt)")
    add_options(parser, MissingConfig)


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
    width = max(len(row["stream"]) for row in rows)
    for row in rows:
        seeds = (f"; of {row['seeds']} seeds {100 * row['top1_mean']:.2f} % in the mean, {100 * row['top1_low']:.2f} "
                 f"to {100 * row['top1_high']:.2f} %" if "seeds" in row else "")
        unseen = (f"; without the {row['clips_seen']} clips that are training clips as well "
                  f"{100 * row['top1_unseen']:.2f} %" if row["clips_seen"] and row["top1_unseen"] is not None else "")
        print(f"{row['stream']:{width}} {row['step']:8} {100 * row['top1']:6.2f} % (mean of the classes "
              f"{100 * row['class_accuracy']:.2f} %{unseen}{seeds})  {row['mac_reduction']:6.2f} x fewer "
              f"multiplications by weights, {row['effective_reduction']:6.2f} x executed, density H "
              f"{row['density_h']:.2f}, X {row['density_x']:.2f}, Z {row['density_z']:.2f}")
    print(f"written: {args.out}")
    return 0


def _tradeoff(args, data):
    points = pairs("--point", args.point)
    for point in _module("tradeoff").tradeoff_step(args.out, data=data, points=points,
                                                           validate=args.validate):
        print(f"{point['name']:10} {point['mac_reduction']:6.2f} x  float {100 * point['top1_float']:.2f} %"
              + (f"  int8 {100 * point['top1_int8']:.2f} %" if point["top1_int8"] is not None else ""))
    print(f"written: {args.out} and its picture")


def _missing(args, data, config):
    report = _module("missing_share").missing_step(args.out, checkpoint=args.checkpoint, data=data, config=config)
    print(f"{report['clips']} clips, {len(report['seeds'])} seeds; missing for {report['gap']} frames in a row")
    for row in report["rows"]:
        print(f"{100 * row['share']:5.1f} % of the joints missing: " + ", ".join(
            f"{text} {100 * row[name]['top1']:.2f} % ({100 * row[name]['low']:.2f} to {100 * row[name]['high']:.2f} %)"
            for name, text in (("filled", "filled"), ("zero", "left at zero"))))
    print(f"written: {args.out}")
