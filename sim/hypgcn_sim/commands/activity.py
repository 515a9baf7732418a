"""``hypgcn activity``: non-zeros of the stores of a design, measured with the golden model, for its estimates."""

import os
from pathlib import Path

from hypgcn.choices import load_design
from hypgcn.console import examples, finished, introduce
from hypgcn.progress import Progress

from ..stimuli.clips import RECORDINGS
from ..stimuli.recordings import PARTS

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn activity``."""
    parser = commands.add_parser("activity", help="measure the non-zeros of clips, for estimate and allocate",
                                 description="Measure the non-zeros in a design with the golden model, for hypgcn "
                                             "estimate and hypgcn allocate.")
    examples(parser, "hypgcn activity tiny --clips 2 -o build/tiny_activity.json",
             "hypgcn activity nwucla_small --part train --clips 16")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("--clips", type=int, default=8, metavar="N", help="clips (default: %(default)s)")
    parser.add_argument("--recordings", type=Path, metavar="FILE",
                        help="npz with clips: data (clip, channel, frame, joint, person), length, label, split")
    parser.add_argument("--part", choices=tuple(PARTS), default="test",
                        help="clips of the recording: choose a folding by training clips, measure it with test "
                             "clips (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--cache", type=Path, default=Path("build/bench/golden"), metavar="DIR",
                        help="folder for the golden tensors (default: %(default)s)")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/activity.json"), metavar="FILE",
                        help="file of measurements (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args):
    """Measure, and write the activity of all clips together and of each."""
    from hypgcn.planning.estimate import save_activities

    from ..benchmark.activities import activities_of
    from ..fullscale.golden import golden_clips
    from ..stimuli.recordings import clips_for

    for name in ("clips", "jobs"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
    design = load_design(args.design)
    clips, real = clips_for(design, args.clips, args.recordings or RECORDINGS, explicit=args.recordings is not None,
                            part=args.part)
    introduce(design)
    progress = Progress("golden model")
    expected = golden_clips(design, clips, args.cache, jobs=args.jobs, progress=progress)
    summary = f"{len(clips)} {args.part} clips, {real} of them recorded"
    progress.finish(summary)
    save_activities(args.out, design, activities_of(design, expected), summary,
                    [activities_of(design, [path]) for path in expected])
    finished(args.out, then=["allocate", args.design, "--activity", args.out])
