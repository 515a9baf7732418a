"""The subcommand ``hypgcn view``."""

import argparse
from pathlib import Path

from hypgcn.console import examples, finished
from hypgcn.design.files import check_out_file, write_file
from hypgcn.design.skeleton import BUILT_IN, load_skeleton

from .recordings.shown import UPWARDS, shown_clips

__all__ = ["register_view"]

_TEXT = "a recording as one HTML page with the moving skeleton"
_FIRST = 20


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be numbers of clips such as 0,3,17, not {text!r}") from None


def register_view(commands):
    """Add the parser to argparse's subparsers ``commands``."""
    parser = commands.add_parser("view", help=_TEXT, description=f"Write {_TEXT}; it needs no network and no server.")
    examples(parser, "hypgcn view build/motion20.npz --clips 0,3,17",
             "hypgcn view build/motion20.npz --gif build/view.gif")
    parser.add_argument("clip", metavar="CLIP", type=Path, help="a recording in any format that training reads")
    parser.add_argument("--clips", type=_numbers, default=(), metavar="N[,N...]",
                        help=f"numbers of the clips to show, from 0 (default: the first {_FIRST})")
    parser.add_argument("--skeleton", metavar="NAME", help=f"{', '.join(BUILT_IN)}, or a file with bones (default: as "
                                                           f"the recording says or its bones show)")
    parser.add_argument("--up", choices=UPWARDS, help="vertical axis of three coordinates, written --up=-y where it is "
                                                      "negative (default: from the ankles to the head)")
    parser.add_argument("--rate", type=float, default=30.0, metavar="FPS",
                        help="frames a second (default: %(default)g)")
    parser.add_argument("--gif", type=Path, metavar="FILE", help="also write the clips as a GIF, for slides")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/view.html"), metavar="FILE",
                        help="the page (default: %(default)s)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(run=_view)


def _view(args):
    from hypgcn.pages import check_gif, open_page, player_page, save_gif

    check_out_file("--out", args.out)
    if args.gif:
        check_gif("--gif", args.gif)
    if not 0 < args.rate <= 1000:
        raise ValueError(f"--rate must be more than 0 and at most 1000 frames a second, not {args.rate:g}")
    skeleton = load_skeleton(args.skeleton) if args.skeleton else None
    clips, total = shown_clips(args.clip, numbers=args.clips, first=_FIRST, skeleton=skeleton, up=args.up,
                               rate=args.rate)
    line = f"{len(clips)} of {total} clips" if len(clips) < total else f"{total} {'clip' if total == 1 else 'clips'}"
    write_file(args.out, player_page(args.clip.name, clips, lines=((line, "quiet"),)))
    print(f"{args.clip}: {line}" + ("; --clips chooses others" if len(clips) < total and not args.clips else ""))
    if args.gif:
        save_gif(args.gif, clips)
    finished(args.gif, args.out, note="open it in a browser")
    if args.open:
        open_page(args.out)
