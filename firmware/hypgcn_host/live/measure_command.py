"""``hypgcn live-measure``: how well a live classifier follows sequences of recorded actions."""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from hypgcn.console import add_json, examples, finished, show
from hypgcn.progress import Progress

from ..errors import CoreError
from .classifier import LiveClassifier
from .figures import Figures, figures, summed
from .frame import Frame
from .network import LiveNetwork, network_skeleton
from .options import add_networks, config_of, open_networks
from .sequence import PARTS, Segment, join_clips, read_recording

__all__ = ["frame_line", "register_measure"]

_PERSON = 1
"""Whose answers count: the first person of every clip."""


def register_measure(commands):
    """Add the parser of ``hypgcn live-measure`` to argparse's subparsers ``commands``."""
    parser = commands.add_parser("live-measure", help="how well hypgcn live follows sequences of recorded clips",
                                 description="Measure the accuracy per segment, the delay and the false alarms of "
                                             "hypgcn live on sequences of recorded clips.")
    examples(parser, "hypgcn live-measure nwucla_small --data build/motion20.npz --sequences 1 "
             "--clips 4 --write build/live",
             "hypgcn live-measure nwucla_small --data build/motion20.npz --sequences 2 --clips 6")
    add_networks(parser)
    parser.add_argument("--data", metavar="RECORDING", required=True, help="clips with labels, in any format that "
                                                                           "training reads")
    parser.add_argument("--part", default="test", choices=PARTS,
                        help="clips of the recording: choose settings by training clips, measure them with test clips; "
                             "unseen: test clips that are no training clips as well (default: %(default)s)")
    parser.add_argument("--sequences", type=int, default=5, metavar="N", help="sequences (default: %(default)s)")
    parser.add_argument("--clips", type=int, default=20, metavar="N", help="clips of each (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS",
                        help="between clips, in which the last pose is held (default: %(default)g)")
    parser.add_argument("--rate", type=float, default=30.0, metavar="N",
                        help="frames a second of the recording (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="seed of the choice of clips (default: %(default)s)")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the sequences as JSON lines for hypgcn live, "
                                                                  "and measure nothing")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Measure, or write the sequences."""
    config = config_of(args)
    for name in ("sequences", "clips"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
    with ExitStack() as stack:
        networks = open_networks(args, stack)
        every = list(_sequences(args, networks[0]))
        if args.write:
            _write(args.write, every, networks[0])
            finished(args.write, then=["live", *args.designs, "--source", args.write / "sequence0.jsonl"])
            return 0
        progress, parts = Progress("live-measure"), []
        live = LiveClassifier(networks, config)
        for number, (frames, segments) in enumerate(every):
            live = LiveClassifier(networks, config)  # nobody is in the window yet
            answers = []
            for place, frame in enumerate(frames):
                if place % 30 == 0:
                    progress(number + place / len(frames), len(every))
                try:
                    update = live.push(frame.time, frame.people)
                except CoreError as error:
                    raise OSError(f"core: {error}") from error
                answers += [(answer.time, answer.seconds, answer.label) for answer in update.answers
                            if _PERSON in answer.people]
            parts.append(figures(segments, answers, carry=config.windows[-1] + config.smooth))
        total = summed(parts)
        progress.finish(f"{len(every)} sequences, {total.seconds:.0f} s of poses")
        show(args, {"designs": {network.design.name: network.design.hash for network in networks},
                    "part": args.part, "sequences": args.sequences, "clips": args.clips, "pause": args.pause,
                    "seed": args.seed, **vars(config), **total.to_dict()}, _table(total))
        finished(then=["live", *args.designs, "--source", "STREAM"])
    return 0


def _sequences(args, network: LiveNetwork) -> Iterator[tuple[list[Frame], list[Segment]]]:
    clips = [clip for clip in read_recording(args.data, network.first, part=args.part) if clip.label is not None]
    need = args.sequences * args.clips
    if len(clips) < need:
        raise ValueError(f"{args.data} must hold {need} {args.part} clips with labels, for {args.sequences} sequences "
                         f"of {args.clips}, not {len(clips)}")
    random.Random(args.seed).shuffle(clips)
    for first in range(0, need, args.clips):
        yield join_clips(clips[first:first + args.clips], rate=args.rate, pause=args.pause)


def frame_line(frame: Frame) -> str:
    """A frame as a line of ``docs/live.md``, coordinates to a millionth, joints that are missing as null."""
    people = []
    for person, joints in frame.people.items():
        entry = {"id": person, "joints": [[round(float(value), 6) for value in joint[:-1]] if joint[-1] > 0 else None
                                          for joint in joints]}
        people.append(entry | ({"label": frame.labels[person]} if person in frame.labels else {}))
    return json.dumps({"time": round(frame.time, 6), "people": people}) + "\n"


def _write(folder: Path, every, network: LiveNetwork):
    folder.mkdir(parents=True, exist_ok=True)
    skeleton = network_skeleton(network.first)
    for number, (frames, segments) in enumerate(every):
        header = {"skeleton": skeleton.name if skeleton else "", "values": network.values}
        path = folder / f"sequence{number}.jsonl"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(header) + "\n")
            file.writelines(map(frame_line, frames))
        actions = [segment.label for segment in segments if segment.label is not None]
        print(f"{path}, {frames[-1].time:.0f} s: {', '.join(actions)}")


def _table(total: Figures) -> str:
    record = total.to_dict()

    def percent(name: str) -> str:
        return "-" if record[name] is None else f"{100 * record[name]:.1f} %"

    delay, slow = record["delay_seconds"], record["delay_seconds_90"]
    return "\n".join([
        f"segments                        {total.segments}",
        f"most frequent class is right    {percent('dominant')}",
        f"class at the end is right       {percent('final')}",
        f"recognised at some time         {percent('recognised')}, after {delay} s (median), {slow} s (90 %)",
        f"answers in segments right       {percent('right')}; no action {percent('silent')}",
        f"pauses answered by no action    {percent('quiet_in_pauses')}",
        f"false alarms                    {total.alarms}, {record['false_alarms_per_minute']} a minute"])
