"""The steps of the offline path up to a design: each takes files and writes one artefact, and can be repeated."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, quantise_clip
from hypgcn.design.files import write_json
from hypgcn.design.raw_conversion import with_raw_input

from .building.compile import compile_design
from .building.reshape import reshape_design
from .config import CompileConfig, PruneConfig, QuantiseConfig, TrainConfig
from .inputs import design_clips, network_clips, open_clips, preparation_in
from .integers.check import check_integers, held_out
from .integers.fold_bn import fold
from .integers.layers import table
from .integers.qat import train_aware
from .integers.quantise import quantise
from .integers.ranges import measure_ranges, plot_ranges
from .integers.remedies import calibrated
from .messages import say
from .network.batch_norms import settle_batch_norms
from .network.branches import MULTI_SCALE
from .network.checkpoint import load_checkpoint, save_checkpoint
from .network.cost import is_pruned
from .network.foreign import open_network
from .network.model import PAPER_BLOCKS, SMALL_BLOCKS, ModelConfig, Network
from .network.start import initial_state
from .recordings.class_counts import check_training_clips, class_counts
from .recordings.data import Clips, calibration_clips, crowded, preparation_for
from .recordings.identity import digest
from .recordings.motion import MotionConfig
from .recordings.persons import choose_persons
from .recordings.readers import Source
from .recordings.validation import validation_split
from .sparsity.prune import prune
from .training.depends import joined, network_depends, preparation_depends, settings_depends
from .training.place import set_threads
from .training.record import Step, content, is_finished, open_run
from .training.train import TRAIN, train

__all__ = ["compile_step", "parse_blocks", "prune_step", "quantise_step", "train_step"]

_PRUNE = Step("prune", ("pruned.safetensors", "ratios.json", *(
    name for folder in ("weights", "thresholds", "channels[0-9]*", "taps[0-9]*", "admm_channels", "admm_taps")
    for name in TRAIN.inside(folder))), version=2)
_QUANTISE = Step("quantise", ("quantised/design.json", "quantised/weights.safetensors", "ranges.json", "ranges.png",
                              "layers.json", *TRAIN.inside("aware")), version=3)
_COMPILE = Step("compile", ("design/design.json", "design/weights.safetensors"), version=2)
TEMPORAL: dict[str, tuple[str, ...]] = {"single": (), "multi-scale": MULTI_SCALE}
"""Branches of the temporal convolution by the name of its kind."""
_TUNING = ("epochs", "rate", "warmup")
"""Settings of training that fine-tuning replaces by its own."""


def parse_blocks(text: str) -> tuple[tuple[int, int], ...]:
    """Blocks of ``small``, ``paper``, or a list such as ``32,32,64/2``: output channels, ``/2`` where the block halves
    the frames."""
    named = {"small": SMALL_BLOCKS, "paper": PAPER_BLOCKS}
    if text in named:
        return named[text]
    try:
        parts = [part.partition("/") for part in text.split(",")]
        return tuple((int(width), int(stride or 1)) for width, _, stride in parts)
    except ValueError as error:
        raise ValueError(f"blocks must be small, paper, or widths such as 32,32,64/2, not {text!r}") from error


def _report(folder: Path, step: str, seconds: float, **entries):
    """Add a step's seconds and settings to ``steps.json`` in ``folder``."""
    path = folder / "steps.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    rows[step] = {"seconds": round(seconds, 1), **entries}
    write_json(path, rows)


def _class_rows(clips: Clips) -> dict:
    return {name: {"training": train, "test": test} for name, (train, test) in class_counts(clips).items()}


def train_step(out, *, data: str | Source, skeleton: str | None, frames: int, persons: int, blocks: str, stream: str,
               dynamic_graph: bool, training: TrainConfig, similarity: str = "softmax", temporal: str = "single",
               init: str | None = None,
               scale: str | None = None, centring: str | None = None, fresh: bool = False,
               progress: bool = True) -> Path:
    """Train a float network; ``last.safetensors`` in ``out`` is the result, and an interrupted run goes on. With
    ``init`` it starts from the weights of that checkpoint, see :func:`~.start.initial_state`. What another run left in
    ``out`` is refused, or removed with ``fresh`` (:mod:`~.record`); so in the steps below.

    Left out, ``scale`` is ``none`` and ``centring`` is ``every``: recordings in metres are taken as they are. Those of
    pictures, whose last channel is a confidence, get ``axis`` and ``first``: one step of int8 fits all channels. """
    start = time.monotonic()
    out = Path(out)
    clips, graph = open_clips(data, skeleton, MotionConfig(persons=persons))
    if clips.classes < 2:
        raise ValueError(f"{data} must have at least 2 classes to train a network on, not {clips.classes}")
    clips = choose_persons(clips, persons, data)
    preparation = preparation_for(graph, frames, stream, scale=scale or ("axis" if clips.scored else "none"),
                                  centring=centring or ("first" if clips.scored else "every"))
    clips = validation_split(clips, training.validate)
    config = ModelConfig(skeleton=graph, classes=clips.classes, channels=clips.data.shape[1], persons=persons,
                         frames=frames, blocks=parse_blocks(blocks), dynamic_graph=dynamic_graph,
                         similarity=similarity if dynamic_graph else "softmax", branches=TEMPORAL[temporal])
    if init:    # what imported networks have
        given = load_checkpoint(init)[0].config
        if given.branches != config.branches and temporal != "single":
            raise ValueError(f"temporal must be left out, or that of {init}, not {temporal!r}")
        config = replace(config, kernel=given.kernel, joint_bias=given.joint_bias, shortcut_h=given.shortcut_h,
                         branches=given.branches, branch_share=given.branch_share)
    torch.manual_seed(training.seed)
    info = {"preparation": preparation.to_dict(), "class_names": list(clips.class_names)}
    model = Network(config)
    if init:
        model.load_state_dict(initial_state(config, init, training.seed, clips.class_names))
    check_training_clips(clips, data)
    finished = not fresh and is_finished(out, TRAIN)
    history = train(model, clips, preparation, training, out, info=info, fresh=fresh, progress=progress,
                    depends={"stream": stream, "init": content(init) if init else None})
    last = history[-1]
    if not finished:
        # An accuracy on training clips must never pass for one on test clips.
        named = "training_" if last.get("measured") else ""
        shares = {f"{named}{name}": last[name] for name in ("accuracy", "class_accuracy")}
        _report(out, "train", time.monotonic() - start, **shares, classes=_class_rows(clips), settings=vars(training))
    if progress:
        which = "accuracy on the training clips, for want of test clips," if last.get("measured") else "accuracy"
        say(f"{out}: {which} {100 * last['accuracy']:.2f} %, mean of the classes {100 * last['class_accuracy']:.2f} %")
    return out / "last.safetensors"


def prune_step(checkpoint, out, *, data: str | Source, config: PruneConfig, training: TrainConfig,
               fresh: bool = False, progress: bool = True, format: str = "auto", skeleton: str | None = None,
               frames: int | None = None, persons: int | None = None, stream: str | None = None,
               strides: tuple[int, ...] | None = None, key: str | None = None) -> Path:
    """Prune and fine-tune a network; ``pruned.safetensors`` in ``out`` is the result, and an interrupted run goes
    on. ``format``, ``skeleton``, ``frames``, ``persons``, ``stream``, ``strides`` and ``key`` are those of
    :func:`~hypgcn_pruning.network.foreign.load.open_network`."""
    start = time.monotonic()
    out = Path(out)
    model, info = open_network(checkpoint, format=format, skeleton=skeleton, frames=frames, persons=persons,
                               stream=stream, strides=strides, key=key)
    clips = validation_split(network_clips(model, info, data), training.validate)
    info = {name: entry for name, entry in info.items() if name not in ("history", "scales")}
    if clips.class_names and not info.get("class_names"):
        info["class_names"] = list(clips.class_names)  # fine-tuning gives the classes this meaning
    preparation = preparation_in(info, checkpoint)
    check_training_clips(clips, data)
    set_threads(training)
    depends = joined({"checkpoint": content(checkpoint)}, settings_depends(config),
                     settings_depends(training, skip=_TUNING), network_depends(model.config),
                     preparation_depends(preparation), clips.identity)
    with open_run(out, _PRUNE, depends, fresh=fresh, progress=progress) as run:
        if not run.finished:
            model = prune(model, clips, preparation, config, training, out, info=info, progress=progress)
            save_checkpoint(out / "pruned.safetensors", model, info)
            _report(out, "prune", time.monotonic() - start, classes=_class_rows(clips),
                    settings={**vars(config), "training": vars(training)})
            run.finish("pruned.safetensors")
    return out / "pruned.safetensors"


def quantise_step(checkpoint, out, *, data: str | Source, config: QuantiseConfig, training: TrainConfig | None = None,
                  fresh: bool = False, progress: bool = True) -> Path:
    """Quantise a pruned network; ``quantised`` in ``out`` is a design whose stores cannot overflow, ``ranges.json`` and
    ``ranges.png`` have the ranges and saturation of all tensors. ``layers.json`` has the accuracy beside the float
    network's, saturation and noise of every layer and, where int8 loses, or ``config.report`` asks for it, which layer
    costs it and what helps (:mod:`~.integers.check`).

    With ``config.epochs`` the network is first fine-tuned with the design's arithmetic (quantisation-aware training),
    in the
    folder ``aware``; an interrupted run resumes. Scales are calibrated (post-training quantisation), or those that the
    checkpoint was trained with. """
    start = time.monotonic()
    out = Path(out)
    training = training or TrainConfig()
    model, info = load_checkpoint(checkpoint)
    preparation = preparation_in(info, checkpoint)
    clips = validation_split(network_clips(model, info, data), training.validate)
    if not is_pruned(model):
        say(f"{checkpoint}: nothing in it is pruned, so the design will be as large and slow as a dense one; hypgcn "
            f"prune comes first")
    set_threads(training)
    tuning = settings_depends(training, skip=_TUNING)
    depends = joined({"checkpoint": content(checkpoint)}, settings_depends(config),
                     clips.identity, tuning if config.epochs else {"threads": tuning["threads"]})
    with open_run(out, _QUANTISE, depends, fresh=fresh, progress=progress) as run:
        if not run.finished:
            if info.get("scales") and (config.equalise or config.correct_bias):
                raise ValueError(f"equalise and correct_bias must be off for {checkpoint}, whose weights were trained "
                                 f"with the integers in place")
            more = _quantise(model, info, preparation, clips, config, training, out, progress)
            _report(out, "quantise", time.monotonic() - start, settings=vars(config), **more)
            run.finish("quantised", "ranges.json", "layers.json")
    return out / "quantised"


def _quantise(model: Network, info: dict, preparation: Preparation, clips: Clips, config: QuantiseConfig,
              training: TrainConfig, out: Path, progress: bool) -> dict:
    """Write the results of :func:`quantise_step`; returns what its report says of the training."""
    sample = torch.from_numpy(calibration_clips(clips, preparation, model.config.persons, config.calibration))
    scales, folded = info.get("scales"), None
    trained = scales is not None or config.epochs > 0
    if scales is None:
        labels = torch.from_numpy(clips.part(0).evenly(config.calibration).label)
        model, _ = settle_batch_norms(model, sample, labels, progress)
        folded, scales = calibrated(model, sample, config)
    more = {}
    if config.epochs:
        check_training_clips(clips)
        info = {name: entry for name, entry in info.items() if name != "history"}
        history = train_aware(model, scales, clips, preparation, config, training, out / "aware", info=info,
                              progress=progress)
        more = {"accuracy": history[-1]["accuracy"], "training": vars(training)}
    if trained or folded is None:
        folded = fold(model)
    design = quantise(model, sample, config, preparation=preparation, class_names=tuple(info.get("class_names", ())),
                      scales=scales, folded=folded)
    design.save(out / "quantised")
    held = held_out(clips, preparation, model.config.persons, config.calibration, bool(training.validate))
    report, text = check_integers(model, folded, scales, sample, held, config, trained=trained, progress=progress)
    write_json(out / "layers.json", report)
    if progress:
        quality = report["quality"]
        say(f"int8 {100 * quality['int8']:.1f} %, pruned {100 * quality['pruned']:.1f} %, both agree on "
            f"{100 * quality['agreement']:.1f} % of {held.text}")
        if text:
            print(table(report["layers"]))
            say(text)
    ranges = measure_ranges(model, sample, scales)
    write_json(out / "ranges.json", ranges)
    plot_ranges(ranges, out / "ranges.png")
    return more


def _design_content(design: Design) -> str:
    """Hash of a design and its meta, but for the test results that evaluation records there."""
    meta = {name: entry for name, entry in design.meta.items() if name != "test"}
    return digest([design.hash.encode(), json.dumps(meta, sort_keys=True).encode()])


def compile_step(quantised, out, *, data: str | Source, config: CompileConfig, meta: Mapping | None = None,
                 fresh: bool = False, progress: bool = True) -> Path:
    """Plan the stores of a quantised design by measured data; ``design`` in ``out`` is what is built.

    With ``config.input`` ``"raw"`` it takes raw joints (:func:`~hypgcn.design.raw_conversion.with_raw_input`).
    """
    start = time.monotonic()
    out = Path(out)
    source = Design.load(quantised)
    design = reshape_design(source, config.frames, config.persons)
    if config.input == "raw":
        design = with_raw_input(design, config.raw)
    clips, preparation = design_clips(design, data)
    settings = settings_depends(config, skip=() if config.input == "raw" else config.RAW)
    depends = joined({"quantised": _design_content(source), "notes": dict(meta or {})}, settings, clips.identity)
    with open_run(out, _COMPILE, depends, fresh=fresh, progress=progress) as run:
        if not run.finished:
            sample = calibration_clips(crowded(clips.part(0), design.persons), preparation, design.persons,
                                       config.calibration)
            compiled = compile_design(design, np.stack([quantise_clip(design, clip) for clip in sample]), config, meta)
            compiled.save(out / "design")
            _report(out, "compile", time.monotonic() - start, settings=vars(config))
            run.finish("design")
    return out / "design"
