"""Subcommands of ``hypgcn`` for the offline path: train, prune, quantise, compile, evaluate, predict."""

import argparse
import dataclasses
from pathlib import Path

import numpy as np

from hypgcn.console import add_json, examples, finished, show
from hypgcn.design.ensemble import is_ensemble
from hypgcn.design.files import check_out_file, check_out_folder
from hypgcn.design.skeleton import BUILT_IN, load_skeleton
from hypgcn.needs import checked

from .answers.predict_cli import register_predict
from .config import STREAMS, CompileConfig, PruneConfig, QuantiseConfig, TrainConfig
from .import_cli import add_foreign_options, register_import
from .recordings.filmed import FilmedConfig, film
from .recordings.readers import FORMATS as DATA_FORMATS
from .recordings.save_clips import save_clips
from .reports.class_figures import weakest
from .reports.evaluate_table import report_lines
from .reports.report_cli import register_reports
from .seeds import parse_seeds, repeat
from .view_cli import register_view

__all__ = ["register"]

_DATA = f"recordings: {'; '.join(DATA_FORMATS.values())}; or 'motion' for generated clips (default: %(default)s)"

_SKELETONS = f"{', '.join(BUILT_IN)}, or a file with bones"

_TUNING = ("epochs", "rate", "warmup")
"""Settings of training that fine-tuning replaces by its own."""


def _add_seeds(parser):
    parser.add_argument("--seed", type=parse_seeds, default=(1,), metavar="SEED[,SEED...]",
                        help="seed of weights, order and augmentation; several give a run each, in seedN of the output "
                             "folder, and the spread of their accuracies (default: 1)")


def _add_options(parser, config, skip=()):
    """One option for every field of the dataclass ``config``."""
    for entry in dataclasses.fields(config):
        if entry.name in skip:
            continue
        extra = {"action": argparse.BooleanOptionalAction} if entry.type is bool else {
            "type": entry.type, "choices": entry.metadata.get("choices")}
        parser.add_argument("--" + entry.name.replace("_", "-"), default=entry.default,
                            help=entry.metadata["help"] + " (default: %(default)s)", **extra)


def _add_fresh(parser):
    parser.add_argument("--fresh", action="store_true",
                        help="remove what an earlier run of this command left in the folder, and begin anew; without "
                             "it, the same run goes on, and any other is refused")


def _config(config, args, skip=()):
    """The dataclass ``config`` from the parsed options, but for the fields ``skip``."""
    names = {entry.name for entry in dataclasses.fields(config)} - set(skip)
    return config(**{name: value for name, value in vars(args).items() if name in names})


def _steps():
    """The steps; torch is loaded here, not when commands are listed."""
    from . import steps

    return steps


def _data(args):
    """The source of recordings that the options describe, or ``motion``."""
    from .recordings.readers import Source
    source = Source(path=args.data, format=args.data_format, protocol=args.protocol, every=args.every,
                    replay=args.replay, axes=args.axes, third=args.third, joints=args.joints,
                    first_label=args.first_label, points=args.points, classes=args.classes)
    if args.data != "motion":
        return source
    if source != Source(path="motion"):
        raise ValueError("data must be recordings where data-format, protocol, every, replay, axes, third, joints, "
                         "first-label, points or classes is chosen, not 'motion'; hypgcn motion writes generated ones "
                         "that can be split")
    return "motion"


def _common(commands, name, text, out, run):
    """A subcommand with the options of recordings and output that all steps have."""
    parser = commands.add_parser(name, help=text)
    parser.add_argument("--data", default="motion", help=_DATA)
    parser.add_argument("--data-format", choices=tuple(DATA_FORMATS),
                        help="format of the recordings; left out, it is recognised")
    parser.add_argument("--protocol", help="split of NTU (xsub, xview, xset; default: xsub), of a PYSKL file, or of an "
                                           ".npz with arrays such as split_xsub; or what is tested, by numbers of the "
                                           "clips: subject=1,3 or view=3")
    parser.add_argument("--every", type=int, default=1,
                        help="frame step: 2 takes every second frame (default: %(default)s)")
    parser.add_argument("--replay", action=argparse.BooleanOptionalAction, default=True,
                        help="repeat NTU .skeleton recordings up to 300 frames, as 2s-AGCN does (default: %(default)s)")
    parser.add_argument("--axes", help="arrays: the order of their axes, of N clips, C channels, T frames, V joints, M "
                                       "persons, such as NMTVC (default: NCTVM, or what else alone fits)")
    parser.add_argument("--third", choices=("score", "z"),
                        help="arrays: what the third channel is; left out, it is recognised or asked for")
    parser.add_argument("--joints", choices=tuple(BUILT_IN),
                        help="whose joints the recordings have, in which order; left out, the format or the bones say")
    parser.add_argument("--points", help="keep these joints alone: a part of COCO-WholeBody's 133 points (body, "
                                         "body-feet, left-hand, right-hand, hands, body-hands), or numbers such as "
                                         "0-16,91-111")
    parser.add_argument("--first-label", type=int, choices=(0, 1), help="arrays: number of the first class")
    parser.add_argument("--classes", default="", metavar="CLASS[,CLASS...]",
                        help="only the clips of these classes, by name or number; a network that is trained on them "
                             "has no others")
    parser.add_argument("-o", "--out", default=out, help="output file or folder (default: %(default)s)")
    check = check_out_file if Path(out).suffix else check_out_folder

    def check_and_run(args):
        check("--out", args.out)
        return run(args)
    parser.set_defaults(run=check_and_run)
    checked(parser, name, ("train",))
    return parser


def register(commands):
    """Add the offline path's parsers to argparse's subparsers ``commands``."""
    _register_float(commands)
    _register_design(commands)
    register_predict(commands, _add_options, _config)
    register_view(commands)
    register_reports(commands, _common, _add_options, _config, _data)


def _register_float(commands):
    """Commands up to the trained network."""
    parser = commands.add_parser("motion", help="write a generated dataset of people filmed by cameras",
                                 description="Write a generated dataset, an .npz of several people filmed by several "
                                             "cameras.")
    examples(parser, "hypgcn motion --classes 10 -o build/motion.npz",
             "hypgcn motion --skeleton kinect20 --classes 10 -o build/motion20.npz")
    parser.add_argument("--skeleton", default="ntu25",
                        help=f"{_SKELETONS} (default: %(default)s)")
    _add_options(parser, FilmedConfig)
    parser.add_argument("-o", "--out", default="build/motion.npz", help="output file (default: %(default)s)")
    parser.set_defaults(run=_motion)

    parser = _common(commands, "train", "train a float network", "build/train/float", _train)
    examples(parser, "hypgcn train --data build/motion.npz --skeleton ntu25 --frames 32 --blocks 32,32,64/2 --epochs 6 "
             "-o build/example/float",
             "hypgcn train --data build/motion.npz --skeleton ntu25 --frames 32 --blocks 32,32,64/2 --epochs 6 "
             "--stream bone -o build/example/bone")
    parser.add_argument("--skeleton", help=_SKELETONS)
    parser.add_argument("--frames", type=int, default=52, help="frames of a prepared clip (default: %(default)s)")
    parser.add_argument("--persons", type=int, default=1, help="persons of a clip (default: %(default)s)")
    parser.add_argument("--blocks", default="small",
                        help="small, paper, or widths such as 32,32,64/2 (default: %(default)s)")
    parser.add_argument("--temporal", choices=("single", "multi-scale"), default="single",
                        help="temporal convolution: single has nine taps, multi-scale the branches of ST-GCN++ "
                             "(default: %(default)s; with --init that of the checkpoint)")
    parser.add_argument("--stream", choices=STREAMS, default="joint",
                        help="joint coordinates, bones (a joint minus its parent), or the motion of either from frame "
                             "to frame (default: %(default)s)")
    parser.add_argument("--scale", choices=("none", "axis", "clip"),
                        help="none: coordinates as recorded, which hardware can do on a stream; axis, clip: each axis, "
                             "or the largest, of every clip becomes -1..1 (default: none; axis for recordings with "
                             "scores)")
    parser.add_argument("--centring", choices=("every", "first"),
                        help="the body's centre is moved to the origin in every frame, or by its place in the first "
                             "(default: every; first for recordings with scores)")
    parser.add_argument("--init", metavar="CHECKPOINT",
                        help="start from the weights of a network of the same shape, or of a narrower one, which is "
                             "widened; one without the data-dependent graph may get it with --similarity tanh")
    parser.add_argument("--dynamic-graph", action="store_true",
                        help="with the data-dependent graph of 2s-AGCN; pruning removes it")
    parser.add_argument("--similarity", choices=("softmax", "tanh"), default="softmax",
                        help="similarity of the data-dependent graph: softmax as in 2s-AGCN, or a learned factor times "
                             "tanh as in AAGCN, which can be added to a trained network (default: %(default)s)")
    _add_options(parser, TrainConfig, skip=("seed",))
    _add_seeds(parser)
    _add_fresh(parser)

    register_import(commands)


def _register_design(commands):
    """Commands from the trained network to the design, and what it does."""
    parser = _common(commands, "prune", "drop channels and taps, set activation thresholds, fine-tune",
                     "build/train/pruned", _prune)
    examples(parser, "hypgcn prune build/example/float/last.safetensors --data build/motion.npz --channels 0.5 "
             "--taps 3 --weights-epochs 3 --threshold-epochs 3 -o build/example/pruned")
    parser.add_argument("checkpoint", metavar="CHECKPOINT",
                        help="float network (.safetensors, .pt) of this project, or of others; {seed} in its name "
                             "is the number of each seed")
    add_foreign_options(parser, required=False)
    _add_options(parser, PruneConfig)
    _add_options(parser, TrainConfig, skip=(*_TUNING, "seed"))
    _add_seeds(parser)
    _add_fresh(parser)

    parser = _common(commands, "quantise", "quantise a pruned network to int8, by calibration or training",
                     "build/train", _quantise)
    examples(parser, "hypgcn quantise build/example/pruned/pruned.safetensors --data build/motion.npz --name example "
             "-o build/example")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="pruned network (.safetensors or .pt)")
    _add_options(parser, QuantiseConfig)
    _add_options(parser, TrainConfig, skip=_TUNING)
    _add_fresh(parser)

    parser = _common(commands, "compile", "plan the row stores by calibration clips and write the design",
                     "build/train", _compile)
    examples(parser, "hypgcn compile build/example/quantised --data build/motion.npz -o build/example")
    parser.add_argument("quantised", metavar="QUANTISED", help="folder that hypgcn quantise wrote")
    _add_options(parser, CompileConfig)
    parser.add_argument("--note", action="append", default=[], metavar="KEY=TEXT", help="entry of the design's meta")
    _add_fresh(parser)

    parser = _common(commands, "evaluate", "measure a design, and where accuracy went, on test clips",
                     "build/train/metrics.json", _evaluate)
    examples(parser, "hypgcn evaluate build/example/design --data build/motion.npz "
             "--pruned build/example/pruned/pruned.safetensors --float build/example/float/last.safetensors "
             "-o build/example/metrics.json")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or of an ensemble")
    parser.add_argument("--pruned", metavar="CHECKPOINT", help="pruned float network to compare with")
    parser.add_argument("--float", dest="checkpoint", metavar="CHECKPOINT",
                        help="unpruned float network to compare with")
    parser.add_argument("--clips", type=int, default=0, metavar="N",
                        help="at most so many test clips, at even steps through all; the report says of how many "
                             "(default: 0, all)")
    parser.add_argument("--record", action="store_true", help="write the accuracies into the design's meta as well")
    add_json(parser)


def _on_same(args, *words) -> list:
    """The command ``words`` on the recordings of ``args``."""
    return [*words, "--data", args.data, *(["--protocol", args.protocol] if args.protocol else [])]


def _motion(args):
    check_out_file("--out", args.out)
    clips = film(load_skeleton(args.skeleton), _config(FilmedConfig, args))
    save_clips(args.out, clips)
    finished(args.out, note=f"{len(clips)} clips of {clips.classes} classes",
             then=["train", "--data", args.out, "--skeleton", args.skeleton])


def _train(args):
    steps = _steps()

    def run(one):
        return steps.train_step(one.out, data=_data(one), skeleton=one.skeleton, frames=one.frames,
                                persons=one.persons, blocks=one.blocks, stream=one.stream,
                                dynamic_graph=one.dynamic_graph, similarity=one.similarity,
                                temporal=one.temporal, init=one.init,
                                scale=one.scale, centring=one.centring, training=_config(TrainConfig, one),
                                fresh=one.fresh)

    repeat(args, "train", run, "last.safetensors")
    if len(args.seed) == 1:
        finished(then=_on_same(args, "prune", Path(args.out) / "last.safetensors"))


def _prune(args):
    steps = _steps()
    if len(args.seed) > 1 and not args.threshold_epochs:
        raise ValueError("threshold_epochs must be at least 1 with several seeds, whose accuracies are those of the "
                         "last epoch, not 0")

    def run(one):
        return steps.prune_step(one.checkpoint, one.out, data=_data(one), config=_config(PruneConfig, one),
                                training=_config(TrainConfig, one), format=one.format, skeleton=one.skeleton,
                                frames=one.frames, persons=one.persons, stream=one.stream, strides=one.strides,
                                key=one.key, fresh=one.fresh)

    repeat(args, "prune", run, "thresholds/last.safetensors")
    if len(args.seed) == 1:
        finished(then=_on_same(args, "quantise", Path(args.out) / "pruned.safetensors"))


def _quantise(args):
    path = _steps().quantise_step(args.checkpoint, args.out, data=_data(args), config=_config(QuantiseConfig, args),
                                  training=_config(TrainConfig, args, skip=_TUNING), fresh=args.fresh)
    finished(path, then=_on_same(args, "compile", path))


def _compile(args):
    notes = dict(note.partition("=")[::2] for note in args.note)
    config = _config(CompileConfig, args)
    path = _steps().compile_step(args.quantised, args.out, data=_data(args), config=config, meta=notes,
                                 fresh=args.fresh)
    finished(path, then=_on_same(args, "evaluate", path))


def _evaluate(args):
    from . import evaluation

    if is_ensemble(args.design):
        for option, value in (("--pruned", args.pruned), ("--float", args.checkpoint), ("--record", args.record)):
            if value:
                raise ValueError(f"{option} must be left out for {args.design}, an ensemble: compare the design of "
                                 f"each stream with its float network")
        shown = "sum"
        report = evaluation.evaluate_ensemble_step(args.out, data=_data(args), ensemble=args.design, count=args.clips)
    else:
        shown = "int8"
        report = evaluation.evaluate_step(args.out, data=_data(args), design=args.design, pruned=args.pruned,
                                          checkpoint=args.checkpoint, record=args.record, count=args.clips)
    show(args, report, "\n".join([*report_lines(report), *(f"{shown}: {text}" for text in weakest(
        np.array(report["confusion"][shown]), [row["name"] for row in report["classes"]]))]))
    finished(args.out, Path(args.out).with_suffix(".png"), then=["verilog", args.design])
