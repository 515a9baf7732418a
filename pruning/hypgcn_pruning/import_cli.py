"""Subcommand ``hypgcn import``: a checkpoint of another framework becomes one of ours."""

import argparse

from hypgcn.console import examples, finished
from hypgcn.needs import checked

from .config import FORMATS, STREAMS

__all__ = ["add_foreign_options", "parse_strides", "register_import"]


def parse_strides(text: str) -> tuple[int, ...]:
    """Strides of the blocks from a list such as ``1,1,2``; :exc:`argparse.ArgumentTypeError` for another text."""
    try:
        strides = tuple(int(part) for part in text.split(","))
    except ValueError:
        strides = ()
    if not strides or any(stride not in (1, 2) for stride in strides):
        raise argparse.ArgumentTypeError(f"must be a list of 1 and 2 such as 1,1,2,1, not {text!r}")
    return strides


def add_foreign_options(parser, *, required: bool):
    """Add what files of others lack; ``required``: the skeleton must be given."""
    where = "" if required else "foreign checkpoints: "
    parser.add_argument("--format", choices=FORMATS, default="auto",
                        help="format of the checkpoint; auto recognises it by its keys (default: %(default)s)")
    parser.add_argument("--skeleton", required=required,
                        help=f"{where}ntu25, kinect20, coco17, openpose18, or a file with bones")
    parser.add_argument("--frames", type=int, help=f"{where}frames of a prepared clip (default: 52)")
    parser.add_argument("--persons", type=int, help=f"{where}persons of a clip (default: the file's)")
    parser.add_argument("--stream", choices=STREAMS, help=f"{where}stream (default: joint)")
    parser.add_argument("--strides", type=parse_strides, metavar="1,1,2,...",
                        help=f"{where}strides of the blocks (default: those of the file or of the published code)")
    parser.add_argument("--key", help=f"{where}entry of the file that holds the weights, where several do")


def register_import(commands):
    """Add the parser to argparse's subparsers ``commands``."""
    parser = commands.add_parser("import", help="turn a checkpoint of another framework into one of ours",
                                 description="Turn a checkpoint of 2s-AGCN, AAGCN, ST-GCN, CTR-GCN's baseline, PYSKL "
                                             "or mmaction2 into one of ours.")
    examples(parser, "hypgcn import YOURS.pth --skeleton ntu25 -o build/imported.safetensors",
             "hypgcn import YOURS.pth --skeleton coco17 --format pyskl --frames 100 --scale clip")
    parser.add_argument("file", metavar="FILE", help="checkpoint (.pth, .pt, .safetensors); nothing in it is run")
    add_foreign_options(parser, required=True)
    parser.add_argument("--scale", choices=("none", "axis", "clip"),
                        help="how its clips were scaled, see hypgcn train (default: none)")
    parser.add_argument("--centring", choices=("every", "first"),
                        help="how its clips were centred, see hypgcn train (default: every)")
    parser.add_argument("--classes", type=int, help="give it a new classifier for so many classes")
    parser.add_argument("--seed", type=int, default=1, help="seed of a new classifier (default: %(default)s)")
    parser.add_argument("-o", "--out", default="build/imported.safetensors",
                        help="checkpoint to write (default: %(default)s)")
    parser.set_defaults(run=_import)
    checked(parser, "import", ("train",))


def _import(args):
    from .network.foreign.convert import ImportOptions, import_network  # torch, which listing commands does not need

    names = ("skeleton", "format", "frames", "persons", "stream", "strides", "key", "scale", "centring", "classes",
             "seed")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    model, info = import_network(args.file, args.out, ImportOptions(**given))
    config, source = model.config, info["source"]
    print(f"{args.file}: {source['architecture']}, {len(config.blocks)} blocks of "
          f"{','.join(f'{width}/{stride}' if stride > 1 else str(width) for width, stride in config.blocks)} channels, "
          f"{config.kernel} taps, {config.skeleton.joints} joints of {config.skeleton.name}, {config.channels} values "
          f"each, {config.persons} person{'s' if config.persons > 1 else ''}, {config.classes} classes")
    for note in source["notes"]:
        print(f"note: {note}")
    finished(args.out, then=["prune", args.out, "--data", "RECORDINGS"])
