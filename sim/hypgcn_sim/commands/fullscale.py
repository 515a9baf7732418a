"""``hypgcn fullscale``: whole clips through the emitted network at full speed; cycles, latency, utilisation."""

import os
from pathlib import Path

from hypgcn.choices import add_folding_options, chosen_folding, folding_words, load_design
from hypgcn.console import add_json, examples, finished, introduce, show
from hypgcn.design.ensemble import Ensemble
from hypgcn.input_options import add_input_options
from hypgcn.planning.defaults import DEFAULT_MULTIPLIERS
from hypgcn.progress import Progress, duration
from hypgcn.stream_options import add_stream_options, load_network, network_words

from ..benchmark.table import MHZ
from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder

__all__ = ["add_arguments", "check", "folding_for", "register"]


def add_arguments(parser, default: str, out: str, multipliers: int = DEFAULT_MULTIPLIERS, *, each: bool = False):
    """Add the network, the folding, and options of a simulation.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the verb.
    default : str
        Design when none is given.
    out : str
        Default folder.
    multipliers : int
        Most of the default folding.
    each : bool
        Of each network of an ensemble; else of all together.
    """
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help=f"folder of a design or of an ensemble, or a preset (default: {default})")
    add_stream_options(parser)
    add_folding_options(parser, multipliers, each=each)
    parser.add_argument("--recordings", type=Path, metavar="FILE",
                        help="npz with test clips: data (clip, channel, frame, joint, person), length, label, split")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--out", type=Path, default=Path(out), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")
    add_input_options(parser)


def check(args):
    """Raise :exc:`ValueError` for arguments that are out of their ranges."""
    check_build_folder("--out", args.out)
    if args.jobs < 1:
        raise ValueError(f"--jobs must be at least 1, not {args.jobs}")


def folding_for(args, network):
    """Folding of a design, or foldings of an ensemble, by the arguments; after the first line of the output."""
    introduce(network, folding_words(args, network))
    return chosen_folding(args, network)


def register(commands):
    """Add the parser of ``hypgcn fullscale``."""
    parser = commands.add_parser("fullscale", help="whole clips through the network: cycles, latency, utilisation",
                                 description="Whole clips through the emitted network in Verilator, back to back: "
                                             "equality, cycles per clip, latency, utilisation of units.")
    examples(parser, "hypgcn fullscale tiny --clips 4 --multipliers 60 --out build/fullscale_tiny",
             "hypgcn fullscale nwucla_small --multipliers 256 --clips 8 --json")
    add_json(parser)
    add_arguments(parser, "full", "build/fullscale")
    parser.add_argument("--clips", type=int, default=20, metavar="N", help="clips (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="seed of the choice of clips (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate, compare and report; 1 when a beat differs from the golden model."""
    from hypgcn.design.files import write_json

    from ..benchmark.pictures import save_utilisation_picture
    from ..fullscale.golden import golden_clips
    from ..fullscale.simulation import FullSimulation
    from ..fullscale.utilisation import report
    from ..stimuli.recordings import clips_for

    if args.clips < 1:
        raise ValueError(f"--clips must be at least 1, not {args.clips}")
    check(args)
    network = load_network(args, load_design, "full")
    if isinstance(network, Ensemble):
        return run_ensemble(args, network)
    design, folding = network, folding_for(args, network)
    clips, real = clips_for(design, args.clips, args.recordings or RECORDINGS, seed=args.seed,
                            explicit=args.recordings is not None)
    print(f"{len(clips)} clips, {real} of them recorded")
    progress = Progress("golden model")
    expected = golden_clips(design, clips, args.out / "golden", jobs=args.jobs, progress=progress)
    progress.finish(f"{len(expected)} clips")
    progress = Progress("building the simulation")
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
    latency = latency_of(done)
    result = {"design": design.name, "hash": design.hash, "clips": len(clips), "real_clips": real,
              "cycles": done.cycles, "cycles_per_clip": done.cycles_per_clip, "steady": done.steady.tolist(),
              "first_clip_cycles": int(done.last_out[0] - done.first_in[0]), "latency_last_frame_cycles": latency,
              "compared": done.compared, "lost": done.lost,
              "seconds": {**simulation.seconds, "simulation": done.seconds}}
    used = report(design, folding, done, expected)
    result["utilisation"] = used
    write_json(args.out / "report.json", result)
    picture = args.out / "utilisation.png"
    save_utilisation_picture(used, picture,
                             f"{design.name}: activity of its units in {used['cycles']:,} cycles of {used['clips']} of "
                             f"{len(clips)} clips")
    show(args, result, _summary(result))
    finished(args.out / "report.json", picture, then=["vivado", args.design or "full"])
    return 0


def run_ensemble(args, ensemble: Ensemble) -> int:
    """The same for the networks of an ensemble; 1 when a sum or a score differs from the golden model."""
    from hypgcn.design.files import write_json
    from hypgcn.planning.allocator.streams import estimate_streams

    from ..fullscale.ensemble import EnsembleSimulation, golden_streams
    from ..stimuli.recordings import clips_for

    foldings = folding_for(args, ensemble)
    allocation = estimate_streams(ensemble, foldings)
    clips, real = clips_for(ensemble.designs[0], args.clips, args.recordings or RECORDINGS, seed=args.seed,
                            explicit=args.recordings is not None)
    print(f"{len(clips)} clips, {real} of them recorded")
    progress = Progress("golden model")
    expected = golden_streams(ensemble, clips, args.out / "golden", jobs=args.jobs, progress=progress)
    progress.finish(f"{len(clips)} clips of {len(ensemble.streams)} networks")
    progress = Progress("building the simulation")
    simulation = EnsembleSimulation(ensemble, foldings, args.out / ensemble.hash[:12], cache=args.out / "cache",
                                    progress=progress)
    progress.finish(f"emission {duration(simulation.seconds['emission'])}, "
                    f"Verilator and compiler {duration(simulation.seconds['build'])}, all")
    progress = Progress("simulation")
    try:
        done = simulation.run(clips, expected, seed=args.seed, progress=progress)
    except AssertionError as error:
        progress.finish("DIFFERENT")
        print(error)
        return 1
    progress.finish(f"{len(clips)} clips equal, {done.cycles / done.seconds:,.0f} cycles/s, all")
    print(f"{done.compared:,} sums and scores equal to golden; {sum(done.lost)} vectors lost values")
    latency = latency_of(done)
    result = {
        "ensemble": ensemble.name, "hash": ensemble.hash,
        "streams": [{"stream": stream, "design": design.name, "hash": design.hash, "weight": str(weight),
                     "estimated_cycles": round(part.cycles), "dsp": part.resources.dsp}
                    for stream, design, weight, part in zip(ensemble.streams, ensemble.designs, ensemble.weights,
                                                            allocation.estimates)],
        "dsp": allocation.resources.dsp, "clips": len(clips), "real_clips": real, "cycles": done.cycles,
        "cycles_per_clip": done.cycles_per_clip, "steady": done.steady.tolist(),
        "first_clip_cycles": int(done.last_out[0] - done.first_in[0]), "latency_last_frame_cycles": latency,
        "compared": done.compared, "lost": done.lost, "seconds": {**simulation.seconds, "simulation": done.seconds}}
    write_json(args.out / "report.json", result)
    show(args, result, "\n".join([*_speed(result), *(
        f"  {row['stream']}: {row['estimated_cycles']:,} cycles and {row['dsp']} multipliers estimated"
        for row in result["streams"])]))
    finished(args.out / "report.json",
             then=["verilog", *network_words(args), *(["--folding", args.folding] if args.folding else [])])
    return 0


def latency_of(done) -> int:
    """Cycles from a clip's last frame to its result: the median in the steady state, if there is one."""
    import numpy as np

    from ..fullscale.result import FILL

    return int(np.median(done.latency[FILL:])) if len(done.latency) > FILL else int(done.latency[-1])


def _speed(result: dict) -> list[str]:
    """Lines with cycles per clip and latencies."""
    lines = []
    if result["cycles_per_clip"] is not None:
        lines.append(f"{result['cycles_per_clip']:,.0f} cycles per clip in the steady state, "
                     f"{MHZ * 1e6 / result['cycles_per_clip']:,.1f} clips/s at {MHZ} MHz")
    lines.append(f"latency: {result['latency_last_frame_cycles']:,} cycles from a clip's last frame to its result, "
                 f"{result['first_clip_cycles']:,} from the first frame of the first clip")
    return lines


def _summary(result: dict) -> str:
    from ..fullscale.utilisation import idle_products

    used, lines = result["utilisation"], _speed(result)
    lines += [f"multipliers in use, {name}: {used[key]:.1%}" for name, key in (
        ("whole design", "dsp_utilisation"), ("temporal lanes", "lanes_utilisation"),
        ("1x1 arrays", "arrays_utilisation"))]
    total = sum(idle for _, idle in idle_products(used)) or 1.0
    lines.append("most idle or useless products: "
                 + ", ".join(f"{unit} {idle / total:.0%}" for unit, idle in idle_products(used)[:6]))
    return "\n".join(lines)
