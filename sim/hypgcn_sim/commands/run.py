"""``hypgcn run``: classify clip files on the simulated core, through a driver."""

import time
from pathlib import Path

import numpy as np

from hypgcn.choices import add_folding_options, chosen_folding, folding_words, load_design
from hypgcn.console import add_json, examples, finished, introduce, show
from hypgcn.design.ensemble import Ensemble, designs_of
from hypgcn.input_options import add_input_options
from hypgcn.progress import Progress
from hypgcn.stream_options import add_stream_options, load_network, network_words

from ..verilator.folder import check_build_folder
from .defaults import DEFAULT_DESIGN, MULTIPLIERS

__all__ = ["register"]

DEVICES = ("sim",)
DRIVERS = ("python", "c")
CLIPS, TOP = 20, 3
CYCLES_PER_MS = 1000


def register(commands):
    """Add the parser of ``hypgcn run``."""
    parser = commands.add_parser("run", help="classify clip files on the simulated core, through a driver")
    examples(parser, "hypgcn run build/motion20.npz --first 2 --check",
             "hypgcn run build/motion20.npz --design nwucla_small --driver c --first 2 --json")
    parser.add_argument("clips", metavar="CLIP", nargs="+", type=Path,
                        help="npz, npy, .skeleton, or another recording of the training")
    parser.add_argument("--design", metavar="DESIGN",
                        help=f"folder of a design or of an ensemble, or a preset (default: {DEFAULT_DESIGN})")
    add_stream_options(parser)
    parser.add_argument("--device", choices=DEVICES, default="sim",
                        help="sim: the emitted core in Verilator (default: %(default)s)")
    parser.add_argument("--driver", choices=DRIVERS, default="python",
                        help="the Python host, or the C driver of the checkout (default: %(default)s)")
    parser.add_argument("--first", type=int, default=CLIPS, metavar="N",
                        help="clips of each file; test clips if the file marks them (default: %(default)s)")
    parser.add_argument("--top", type=int, default=TOP, metavar="N",
                        help="classes that are printed for a clip (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="compare all scores with the golden model")
    add_json(parser)
    add_folding_options(parser, MULTIPLIERS, each=True)
    parser.add_argument("--bus-width", type=int, default=32, metavar="BITS",
                        help="width of the input stream, 8 to 512 (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS",
                        help=f"limit of a clip, {CYCLES_PER_MS} simulated cycles a millisecond (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the pauses (default: %(default)s)")
    for name, text in (("idle", "the source of clips is idle"), ("stall", "the sink of results is not ready")):
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="P",
                            help=f"chance per cycle that {text} (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("build/sim"), metavar="DIR",
                        help="folder for what is compiled (default: %(default)s)")
    add_input_options(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Classify; 1 when a score differs from the golden model's."""
    for name in ("first", "top"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
    check_build_folder("--out", args.out)
    if args.timeout <= 0:
        raise ValueError(f"--timeout must be more than 0, not {args.timeout}")
    from hypgcn.shell.config import ShellConfig
    from hypgcn.shell.top import Top
    from hypgcn.testbench.clip_files import read_clips
    from hypgcn_host import CoreError
    from hypgcn_host.simulator import SimulatedBus

    from ..cosim.build import build_core

    network = load_network(args, load_design, DEFAULT_DESIGN)
    clips = []
    for path in args.clips:
        chosen, count = read_clips(path, designs_of(network)[0], args.first)
        clips += chosen
        if len(chosen) < count:
            print(f"{path}: the first {len(chosen)} of {count} clips; --first sets the number")
    ShellConfig.of_network(network, args.bus_width)  # a width that cannot be is said before any work
    introduce(network, folding_words(args, network))
    folding = chosen_folding(args, network)
    top = (Top.of_ensemble(network, folding, args.bus_width) if isinstance(network, Ensemble)
           else Top.of(network, folding, args.bus_width))
    progress = Progress("building the simulated core")
    library = build_core(top, args.out / "cache", progress=progress)
    progress.finish()
    progress = Progress("classifying")
    start = time.monotonic()
    with SimulatedBus(library, seed=args.seed, idle=args.idle, stall=args.stall, cycles_per_ms=CYCLES_PER_MS) as bus:
        try:
            rows, counters = _classify(args, bus, network, clips, progress)
        except CoreError as error:
            raise OSError(f"the simulated core: {error}") from error
        cycles = bus.cycles
    seconds = time.monotonic() - start
    progress.finish(f"{len(rows)} clips, {cycles:,} cycles in {seconds:.1f} s, driver {args.driver}")
    blocks = [f"{name}: busy {block.busy:,}, starved {block.starved:,}, blocked {block.blocked:,} cycles, "
              f"{block.overflow} overflows" for name, block in zip(_block_names(network), counters.blocks, strict=True)]
    show(args, {"design": network.name, "hash": network.hash, "driver": args.driver, "clips": rows,
                "blocks": [vars(block) for block in counters.blocks]}, "\n".join([_table(rows, args.top), *blocks]))
    wrong = [row["clip"] for row in rows if row.get("golden") is False]
    if args.check:
        print(f"{len(rows) - len(wrong)} of {len(rows)} equal to the golden model"
              + (f"; different: {', '.join(wrong)}" if wrong else ""))
    words = network_words(args, DEFAULT_DESIGN)
    plain = len(words) == 1 and not isinstance(network, Ensemble)   # hypgcn demo takes designs as they are
    finished(then=["demo", *words, "--recordings", args.clips[0]] if plain else ["fullscale", *words])
    return 1 if wrong else 0


def _block_names(network) -> list[str]:
    """Names of the blocks, in the order of the counters."""
    if isinstance(network, Ensemble):
        return [f"{stream} block {index + 1}" for stream, count in zip(network.streams, network.block_counts)
                for index in range(count)]
    return [f"block {index + 1}" for index in range(len(network.blocks))]


def _classify(args, bus, network, clips, progress):
    """Rows of the clips, and the counters at the end."""
    core, rows = _driver(args, bus, network), []
    for number, clip in enumerate(clips):
        progress(number, len(clips), clip.name)
        result = core.classify(clip.clip)
        rows.append(_row(network, clip, result, core.counters(), args.check))
    counters = core.counters()
    bus.finish()
    return rows, counters


def _driver(args, bus, network):
    """The driver on the bus."""
    if args.driver == "python":
        from hypgcn_host import Core

        return Core.open(bus, network.hash, timeout=args.timeout)
    from hypgcn_host.c_driver import CBus, CDriver

    from ..cosim.build import build_driver

    return CDriver(build_driver(args.out / "driver"), CBus.simulated(bus), network.hash, timeout=args.timeout)


def _row(network, clip, result, counters, check) -> dict:
    """Result of a clip for the table and the JSON file."""
    streams = network.streams if isinstance(network, Ensemble) else ()
    design = designs_of(network)[0]
    names = design.class_names or [str(index) for index in range(design.classes)]
    row = {"clip": clip.name, "class": names[result.argmax], "cycles": counters.clip_cycles,
           "flags": list(result.flags), "scores": dict(zip(names, result.scores.tolist())),
           "probabilities": dict(zip(names, _probabilities(
               result.scores, network.score_scale if streams else design.logit_scale)))}
    if streams:
        row["streams"] = {stream: dict(zip(names, scores)) for stream, scores in zip(streams, result.streams.tolist())}
    if clip.label is not None and clip.label < len(names):
        row["label"] = names[clip.label]
    if check:
        from hypgcn.golden.ensemble import run_ensemble
        from hypgcn.golden.network import run as golden

        expected = run_ensemble(network, clip.clip) if streams else golden(design, clip.clip)
        row["golden"] = expected["logits"].tolist() == result.scores.tolist() \
            and [part["logits"].tolist() for part in expected.get("streams", ())] == result.streams.tolist() \
            and bool(expected["overflow"]) == ("overflow" in result.flags)
    return row


def _probabilities(scores, scale: float) -> list[float]:
    """Softmax of ``scores * scale``, to four places."""
    exponentials = np.exp((scores - scores.max()) * scale)
    return np.round(exponentials / exponentials.sum(), 4).tolist()


def _table(rows, top: int) -> str:
    """A line for each clip: cycles, the best classes with probability and score, flags, and the label if known."""
    width = max(len(row["clip"]) for row in rows)
    lines = []
    for row in rows:
        best = sorted(row["scores"].items(), key=lambda item: -item[1])[:top]
        notes = [f"flags: {', '.join(row['flags'])}"] if row["flags"] else []
        if "streams" in row:
            notes.append(", ".join(f"{stream}: {max(scores, key=scores.__getitem__)}"
                                   for stream, scores in row["streams"].items()))
        if "label" in row:
            notes.append(f"label: {row['label']}, {'right' if row['label'] == row['class'] else 'WRONG'}")
        found = "  ".join(f"{name} {row['probabilities'][name]:.1%} ({score})" for name, score in best)
        lines.append(f"{row['clip']:{width}}  {row['cycles']:>9,} cycles  {found}"
                     + "".join(f"  ({note})" for note in notes))
    return "\n".join(lines)
