"""``hypgcn fullscale``: whole clips through the emitted network at full speed; cycles, latency, utilisation."""

import os
from pathlib import Path

from hypgcn.cli import load_design, load_folding
from hypgcn.input_options import add_input_options, with_input
from hypgcn.progress import Progress, duration

from ..benchmark.table import MHZ
from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder

__all__ = ["add_arguments", "prepare", "register"]


def add_arguments(parser, default: str, out: str):
    """Add the arguments that :func:`prepare` reads.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the verb.
    default : str
        Design when none is given.
    out : str
        Default folder.
    """
    parser.add_argument("design", metavar="DESIGN", nargs="?", help=f"folder of a design, or a preset "
                                                                      f"(default: {default})")
    parser.add_argument("--folding", metavar="FILE", help="JSON file of hypgcn allocate")
    parser.add_argument("--multipliers", type=int, default=3544, metavar="N",
                        help="without --folding: the fastest folding with at most N multipliers (default: %(default)s)")
    parser.add_argument("--recordings", type=Path, metavar="FILE",
                        help="npz with test clips: data (clip, channel, frame, joint, person), length, label, split")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--out", type=Path, default=Path(out), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")
    add_input_options(parser)


def prepare(args, default: str):
    """Design and folding by the arguments."""
    check_build_folder("--out", args.out)
    if args.jobs < 1:
        raise ValueError(f"--jobs must be at least 1, not {args.jobs}")
    if args.multipliers < 1:
        raise ValueError(f"--multipliers must be at least 1, not {args.multipliers}")
    design = with_input(load_design(args.design or default), args)
    folding = load_folding(args.folding, design)
    if folding is None:
        from hypgcn.planning.allocator.allocate import within
        folding = within(design, args.multipliers)
    return design, folding


def register(commands):
    """Add the parser of ``hypgcn fullscale``."""
    parser = commands.add_parser("fullscale", help="whole clips through the emitted network in Verilator, back to "
                                                   "back: equality, cycles per clip, latency, utilisation of units")
    add_arguments(parser, "full", "build/fullscale")
    parser.add_argument("--clips", type=int, default=20, metavar="N", help="clips (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="seed of the choice of clips (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate, compare and report; 1 when a beat differs from the golden model."""
    import numpy as np

    from hypgcn.design.files import write_json

    from ..benchmark.pictures import save_utilisation_picture
    from ..fullscale.golden import golden_clips
    from ..fullscale.result import FILL
    from ..fullscale.simulation import FullSimulation
    from ..fullscale.utilisation import idle_products, report
    from ..stimuli.recordings import clips_for

    if args.clips < 1:
        raise ValueError(f"--clips must be at least 1, not {args.clips}")
    design, folding = prepare(args, "full")
    clips, real = clips_for(design, args.clips, args.recordings or RECORDINGS, seed=args.seed,
                            explicit=args.recordings is not None)
    print(f"design {design.name}, hash {design.hash[:16]}: {len(clips)} clips, {real} of them recorded")
    progress = Progress("golden")
    expected = golden_clips(design, clips, args.out / "golden", jobs=args.jobs, progress=progress)
    progress.finish(f"{len(expected)} clips")
    progress = Progress("build")
    simulation = FullSimulation(design, folding, args.out / design.hash[:12], cache=args.out / "cache",
                                progress=progress)
    progress.finish(f"emission {duration(simulation.seconds['emission'])}, "
                    f"Verilator and compiler {duration(simulation.seconds['build'])}, all")
    progress = Progress("simulation")
    try:
        done = simulation.run(clips, expected, progress=progress)
    except AssertionError as error:
        progress.finish("DIFFERENT")
        print(error)
        return 1
    progress.finish(f"{len(clips)} clips equal, {done.cycles / done.seconds:,.0f} cycles/s, all")
    print(f"{done.compared:,} vectors and scores equal to golden; {sum(done.lost)} vectors lost values")
    latency = int(np.median(done.latency[FILL:])) if len(clips) > FILL else int(done.latency[-1])
    result = {"design": design.name, "hash": design.hash, "clips": len(clips), "real_clips": real,
              "cycles": done.cycles, "cycles_per_clip": done.cycles_per_clip, "steady": done.steady.tolist(),
              "first_clip_cycles": int(done.last_out[0] - done.first_in[0]), "latency_last_frame_cycles": latency,
              "compared": done.compared, "lost": done.lost,
              "seconds": {**simulation.seconds, "simulation": done.seconds}}
    if done.cycles_per_clip is not None:
        print(f"{done.cycles_per_clip:,.0f} cycles per clip in the steady state, "
              f"{MHZ * 1e6 / done.cycles_per_clip:,.1f} clips/s at {MHZ} MHz")
    print(f"latency: {latency:,} cycles from a clip's last frame to its result, {result['first_clip_cycles']:,} from "
          f"the first frame of the first clip")
    used = report(design, folding, done, expected)
    write_json(args.out / "report.json", {**result, "utilisation": used})
    picture = args.out / "utilisation.png"
    save_utilisation_picture(used, picture,
                             f"{design.name}: activity in {used['cycles']:,} cycles of {used['clips']} clips")
    for name, key in (("whole design", "dsp_utilisation"), ("temporal lanes", "lanes_utilisation"),
                      ("1x1 arrays", "arrays_utilisation")):
        print(f"multipliers in use, {name}: {used[key]:.1%}")
    total = sum(idle for _, idle in idle_products(used)) or 1.0
    print("most idle or useless products: "
          + ", ".join(f"{unit} {idle / total:.0%}" for unit, idle in idle_products(used)[:6]))
    print(f"written: {args.out / 'report.json'}, {picture}")
    return 0
