"""``hypgcn demo``: clips classified by the simulated core, as one HTML page with the moving skeletons."""

from pathlib import Path

from hypgcn.choices import load_design
from hypgcn.console import examples, finished, introduce
from hypgcn.design.files import check_out_file, write_file
from hypgcn.needs import check_needs, needs_of
from hypgcn.progress import Progress

from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder
from .defaults import DEFAULT_DESIGN, MULTIPLIERS

__all__ = ["register"]

DEVICES = ("sim", "golden")
CLIPS = 6


def register(commands):
    """Add the parser of ``hypgcn demo``."""
    parser = commands.add_parser("demo", help="a page with moving skeletons and what the core calls them",
                                 description="Clips classified by the simulated core, as one HTML page: the skeleton "
                                 "moves, label and scores beside it, with the densities and the cycles of every clip. "
                                 "Recorded clips where a recording is there, else generated.")
    examples(parser, "hypgcn demo --clips 2", "hypgcn demo nwucla_small --generated --device golden")
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help=f"folder of a design, or a preset (default: {DEFAULT_DESIGN})")
    parser.add_argument("--clips", type=int, default=CLIPS, metavar="N", help="clips (default: %(default)s)")
    parser.add_argument("--recordings", type=Path, metavar="FILE",
                        help=f"recording whose test clips are taken, one of each class in turn (default: {RECORDINGS} "
                             f"if it is there and fits the design)")
    parser.add_argument("--generated", action="store_true", help="take generated clips, whatever recordings are there")
    parser.add_argument("--device", choices=DEVICES,
                        help="sim: the emitted core in Verilator, which counts cycles; golden: the same integers in "
                             "NumPy, in seconds (default: sim where its packages and tools are installed, else golden)")
    parser.add_argument("--multipliers", type=int, default=MULTIPLIERS, metavar="N",
                        help="folding of the simulated core: the fastest with at most N (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=Path("build/sim"), metavar="DIR",
                        help="folder for what is compiled, shared with hypgcn run (default: %(default)s)")
    parser.add_argument("--gif", type=Path, metavar="FILE", help="also write the clips as a GIF, for slides")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/demo.html"), metavar="FILE",
                        help="the page (default: %(default)s)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Classify and write the page; 1 when a score of the core differs from the golden model's."""
    from hypgcn.pages import check_gif, open_page, player_page, save_gif

    from ..demo.answers import answered

    _check(args)
    check_out_file("--out", args.out)
    if args.gif:
        check_gif("--gif", args.gif)
    device = args.device or _default_device()
    if device == "sim":
        check_needs("hypgcn demo --device sim", "sim")
        check_build_folder("--cache", args.cache)
    design = load_design(args.design or DEFAULT_DESIGN)
    clips, kind = _clips(args, design)
    introduce(design, f"{len(clips)} {kind}", *([f"folding: the fastest with at most {args.multipliers:,} multipliers "
                                                 f"(--multipliers)"] if device == "sim" else []))
    with _opened(args, device, design) as classify:
        progress = Progress("classifying")
        shown = answered(design, clips, classify, progress)
        progress.finish(f"{len(shown)} clips")
    lines = _verdict(design, shown, device, f"{len(shown)} {kind}", args.multipliers)
    write_file(args.out, player_page(f"hypgcn demo: {design.name}", shown, lines=lines))
    answers = [clip.answer for clip in shown if clip.answer]
    for clip, answer in zip(shown, answers, strict=True):
        truth = "" if answer.truth is None else "  right" if answer.truth == answer.label else "  WRONG"
        print(f"{clip.name}: {answer.label} {answer.scores[0][1]:.1%}{truth}")
    for text, _ in lines:
        print(text)
    if args.gif:
        save_gif(args.gif, shown)
    finished(args.gif, args.out, note="open it in a browser",
             then=["report", args.design or DEFAULT_DESIGN])
    if args.open:
        open_page(args.out)
    return 1 if any(answer.equal is False for answer in answers) else 0


def _check(args):
    """Numbers and options that exclude one another."""
    for name in ("clips", "multipliers"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
    if args.generated and args.recordings:
        raise ValueError("--recordings must be left out with --generated, which takes no recording")
    if args.recordings and not args.recordings.exists():
        raise FileNotFoundError(f"--recordings must be a recording, not {args.recordings}, which is not there")


def _default_device() -> str:
    missing = [need.name for need in needs_of("sim") if need.found is None]
    if missing:
        print(f"the simulated core needs {', '.join(missing)}; without, the golden integers are shown "
              f"(--device golden)")
    return "golden" if missing else "sim"


def _clips(args, design):
    """Clips and what they are: of the recording that is given, of that beside the checkout, or generated."""
    from ..demo.clips import demo_clips

    if args.recordings:
        return demo_clips(design, args.clips, args.recordings)
    if not args.generated and RECORDINGS.exists():
        try:
            return demo_clips(design, args.clips, RECORDINGS)
        except ValueError as error:
            print(f"{RECORDINGS} is not taken: {error}")
    return demo_clips(design, args.clips, None)


def _opened(args, device: str, design):
    """Context of the device."""
    from ..demo.answers import golden_only, simulated_core

    if device == "golden":
        return golden_only()
    from hypgcn.planning.allocator.allocate import within

    return simulated_core(design, within(design, args.multipliers), args.cache / "cache",
                          Progress("building the simulated core"))


def _verdict(design, shown, device: str, what: str, multipliers: int) -> list[tuple[str, str]]:
    """Lines below the heading: what was done, how it went, what it does not mean."""
    how = (f"by the simulated core: the emitted RTL in Verilator, at most {multipliers} multipliers" if device == "sim"
           else "by the golden model, whose integers the core equals bit for bit; nothing was simulated")
    lines = [(f"{what}, classified {how}", "quiet")]
    if device == "sim":
        different = sum(not clip.answer.equal for clip in shown)
        lines.append((f"all scores of the core equal those of the golden model, for {len(shown)} clips" if not different
                      else f"{different} of {len(shown)} clips have scores that DIFFER from the golden model's",
                      "bad" if different else "good"))
    known = [clip.answer for clip in shown if clip.answer.truth is not None]
    if known:
        right = sum(answer.truth == answer.label for answer in known)
        test = design.meta.get("test", {})
        whole = test.get("accuracy", {}).get("int8")
        of_all = f"; of all {test['clips']} test clips {whole:.1%}, as the design records" if whole else ""
        lines.append((f"{right} of {len(known)} clips get the class that was recorded{of_all}", ""))
    if design.meta.get("weights") != "trained":
        lines.append(("the weights of this design are not trained: its classes mean nothing", "bad"))
    return lines
