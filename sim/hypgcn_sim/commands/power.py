"""``hypgcn power``: switching activity of clips as SAIF, and an energy estimate from counted events."""

import dataclasses
import os
from pathlib import Path

from hypgcn.choices import add_folding_options, chosen_folding, folding_words, load_design
from hypgcn.console import add_json, examples, finished, introduce, show
from hypgcn.design.ensemble import Ensemble, designs_of
from hypgcn.input_options import add_input_options
from hypgcn.progress import Progress
from hypgcn.stream_options import add_stream_options, load_network

from ..stimuli.clips import RECORDINGS
from .defaults import DEFAULT_DESIGN, MULTIPLIERS

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn power``."""
    parser = commands.add_parser("power", help="switching activity for Vivado, and an energy estimate",
                                 description="Write a Vivado project with the switching activity of clips for "
                                             "report_power, and estimate the energy from counted events.")
    examples(parser, "hypgcn power tiny --clips 1 -o build/power_tiny")
    add_json(parser)
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help=f"folder of a design or of an ensemble, or a preset (default: {DEFAULT_DESIGN})")
    add_stream_options(parser)
    add_folding_options(parser, MULTIPLIERS, each=True)
    parser.add_argument("--clips", type=int, default=2, metavar="N", help="clips (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="seed of the choice of clips (default: %(default)s)")
    parser.add_argument("--recordings", type=Path, metavar="FILE",
                        help="npz with clips: data (clip, channel, frame, joint, person), length, label, split")
    parser.add_argument("--part", default="xcku115-flvb2104-2-e", help="device-package-speed (default: %(default)s)")
    parser.add_argument("--mhz", type=float, default=172.0, help="clock (default: %(default)g)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/power"), metavar="DIR",
                        help="output folder (default: %(default)s)")
    add_input_options(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Write the project, simulate, count and estimate; 1 when scores differ from the golden model."""
    from hypgcn.design.files import write_json
    from hypgcn.emission.update import update_files
    from hypgcn.vivado import VivadoSettings
    from hypgcn.vivado.project import RTL, core_name, write_project

    from ..power.report import power_report, table
    from ..power.report_tcl import power_tcl
    from ..power.simulation import build_tracer, record
    from ..stimuli.recordings import clips_for

    for name in ("clips", "jobs"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
    settings = VivadoSettings(part=args.part, mhz=args.mhz)
    network = load_network(args, load_design, DEFAULT_DESIGN)
    introduce(network, folding_words(args, network))
    folding = chosen_folding(args, network)
    clips, real = clips_for(designs_of(network)[0], args.clips, args.recordings or RECORDINGS, seed=args.seed,
                            explicit=args.recordings is not None)
    # The project's top module, by which the activity file and Vivado know the core.
    settings = dataclasses.replace(settings, name=core_name(settings, network, folding), exact_name=True)
    expected, scores = _golden(args, network, clips)
    progress = Progress("emission")
    emission = write_project(network, folding, args.out, settings, progress=progress)
    progress.finish()
    print("building the simulation: Verilator and the C++ compiler take minutes for a whole network", flush=True)
    rtl, saif = args.out / RTL, args.out / f"{settings.name}_power.saif"
    program = build_tracer(emission, rtl, settings.bus_width, jobs=args.jobs)
    print(f"simulating {len(clips)} clips", flush=True)
    found = record(program, rtl, clips, scores.shape[1], settings.mhz, saif)
    if found.tolist() != scores.tolist():
        print(f"scores differ from the golden model: {found.tolist()}, expected {scores.tolist()}")
        return 1
    report = power_report(network, folding, expected, saif, settings.name, settings.mhz, real)
    update_files(args.out, {"power.tcl": power_tcl(settings.name)})
    write_json(args.out / "power.json", report)
    show(args, report, table(report))
    finished(args.out / "power.json", saif, args.out / "power.tcl", note="Vivado runs power.tcl after build.tcl")
    return 0


def _golden(args, network, clips):
    """Golden files of the clips for each network, and the scores of a result, (clip, score)."""
    import numpy as np

    from hypgcn.golden.ensemble import ensemble_scores

    from ..fullscale.golden import golden_clips

    expected = []
    for design in designs_of(network):
        progress = Progress("golden model")
        expected.append(golden_clips(design, clips, args.out / "golden", jobs=args.jobs, progress=progress))
        progress.finish(f"{len(clips)} clips")
    logits = np.array([[np.load(path)["logits"] for path in paths] for paths in expected])
    sums = [ensemble_scores(network, logits)] if isinstance(network, Ensemble) else []
    return expected, np.concatenate([*sums, *logits], axis=1)
