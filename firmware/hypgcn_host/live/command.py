"""``hypgcn live`` and ``hypgcn live-measure``."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import fields
from itertools import chain
from pathlib import Path

from hypgcn.console import examples
from hypgcn.design.files import write_json
from hypgcn.needs import install_command

from ..errors import CoreError
from .classifier import LiveClassifier
from .feeds import Feed, open_feed
from .measure_command import register_measure
from .options import add_networks, config_of, open_networks
from .runner import Totals, follow
from .schema import FrameReader, StreamFormat, header_of, parse_line

__all__ = ["register"]

_FORM_HELP = {
    "skeleton": "skeleton of the stream (default: that of the network)",
    "values": "numbers of a joint: xy, xys, xyz or xyzs, s a score (default: by the skeleton)",
    "rate": "frames a second, for lines with a frame number (default: 30)",
    "scale": "factor of all coordinates, such as 0.001 for millimetres (default: 1)",
    "axes": "x, y, z of the network in the stream, such as x,-y,-z (default: x,y,z)",
    "min_score": "joints of this score or less are missing (default: 0)",
}


def register(commands):
    """Add the parsers of both verbs to argparse's subparsers ``commands``."""
    parser = commands.add_parser("live", help="recognise actions in a running stream of poses",
                                 description="Recognise actions in a running stream of poses: frames as JSON lines in, "
                                             "answers as JSON lines out.")
    examples(parser, "hypgcn live nwucla_small --source build/live/sequence0.jsonl --speed 0",
             "hypgcn live checkpoints/nwucla_small/design checkpoints/nwucla_small_bone/design "
             "--source build/live/sequence0.jsonl --web",
             "hypgcn live build/two --source build/live/sequence0.jsonl --speed 0 --scores")
    add_networks(parser)
    parser.add_argument("--source", metavar="FILE|-|URL", required=True,
                        help="JSON lines: a recorded file, which is replayed at its speed; - for the standard input; "
                             "ws://HOST:PORT/PATH")
    parser.add_argument("--speed", type=float, default=1.0, metavar="F",
                        help="of a file: F times as fast as recorded, 0 for no waiting (default: %(default)g)")
    parser.add_argument("--every", action="store_true",
                        help="give every answer that is due, however late; else frames that wait are taken in without")
    parser.add_argument("--scores", action="store_true",
                        help="answers have all scores, too: those of the sum, and those of each network where there "
                             "are several, as logits of the clip")
    for field in fields(StreamFormat):
        kind = str if field.type is str else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, metavar="V", help=_FORM_HELP[field.name])
    parser.add_argument("--web", type=int, nargs="?", const=8765, metavar="PORT",
                        help="also serve a page on the loopback address that shows skeletons, labels and a time line "
                             "(default port: %(const)s; 0 for a free one)")
    parser.add_argument("--linger", type=float, default=0.0, metavar="SECONDS",
                        help="serve the page for so long behind the end of the stream (default: %(default)g)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write counts, latency and speed as JSON")
    parser.set_defaults(run=run)
    register_measure(commands)


def _form_of(args, feed: Feed) -> tuple[StreamFormat, Iterable[bytes]]:
    """What the stream holds, by the options and, before them, its header; and its lines without the header."""
    given = {field.name: value for field in fields(StreamFormat)
             if (value := getattr(args, field.name)) is not None}
    lines: Iterator[bytes] = iter(feed)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise ValueError(f"--source {args.source} must hold frames, but has none")
    entry = None
    with suppress(ValueError):  # a first line that is damaged is said when its turn comes
        entry = parse_line(first)
    header = None if entry is None else header_of(entry)
    if header is None:
        return StreamFormat(**given), chain([first], lines)
    for name, value in header.items():
        if given.get(name, value) != value:
            raise ValueError(f"--{name.replace('_', '-')} must be {value!r}, as the stream says, not {given[name]!r}")
    return StreamFormat(**{**header, **given}), chain([b"\n"], lines)


def run(args) -> int:
    """Follow the stream; 1 when a core or the connection fails for good."""
    config = config_of(args)
    if not 0 <= args.linger < float("inf"):
        raise ValueError(f"--linger must be at least 0 seconds, not {args.linger!r}")
    with ExitStack() as stack:
        feed = open_feed(args.source, speed=args.speed, every=args.every, stdin=sys.stdin.buffer)
        stack.callback(feed.close)
        form, lines = _form_of(args, feed)
        networks = open_networks(args, stack, form)
        live = LiveClassifier(networks, config)
        page = _page(args, stack, live, form)
        reader = FrameReader(form, joints=networks[0].joints)
        totals, status = _followed(args, feed, lines, reader, live, page)
        _report(args, totals, live)
        if page is not None and not status:
            page.linger(args.linger)
        return status


def _page(args, stack: ExitStack, live: LiveClassifier, form: StreamFormat):
    if args.web is None:
        return None
    try:
        from .web import Page
    except ModuleNotFoundError as error:
        raise ValueError(f"--web needs {error.name}, which is not installed: run {install_command('live')}") from error
    page = stack.enter_context(Page(live, form, args.web))
    print(f"hypgcn live: {page.address}", file=sys.stderr, flush=True)
    return page


def _followed(args, feed, lines, reader, live, page) -> tuple[Totals, int]:
    """Totals, and the exit status."""
    def emit(record: dict):
        sys.stdout.write(json.dumps(record, allow_nan=False) + "\n")
        sys.stdout.flush()
        if page is not None:
            page.show_record(record)

    totals = Totals()
    try:
        follow(feed, lines, reader, live, emit, page.show_frame if page is not None else lambda frame: None, totals,
               scores=args.scores)
    except (CoreError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        emit({"error": str(error)})
        print(f"hypgcn: error: {error}", file=sys.stderr)
        return totals, 1
    except KeyboardInterrupt:
        print("hypgcn live: interrupted", file=sys.stderr)
        return totals, 130
    return totals, 0


def _report(args, totals: Totals, live: LiveClassifier):
    record = totals.to_dict(live)
    print(f"hypgcn live: {record['frames']} frames, {record['answers']} answers, {record['errors']} errors, "
          f"{record['passed']} frames passed without an answer", file=sys.stderr)
    if "latency_ms" in record:
        latency = record["latency_ms"]
        print(f"hypgcn live: from the last frame to the answer {latency['median']:.1f} ms (median), "
              f"{latency['95 %']:.1f} ms (95 %), {latency['max']:.1f} ms (longest)", file=sys.stderr)
    if "people_per_second" in record:
        print(f"hypgcn live: a clip takes {record['host_ms_per_clip']:.2f} ms on the host and "
              f"{record['core_ms_per_clip']:.2f} ms at the core: {record['people_per_second']:g} people a second, "
              f"{record['people_at_30_frames']:g} at 30 frames a second with an answer every frame", file=sys.stderr)
    for network in live.networks:
        if timing := getattr(network.core, "timing", None):
            record.setdefault("timing", {})[network.design.name] = timing()
            print(f"hypgcn live: {network.design.name}: {timing()}", file=sys.stderr)
    if args.report:
        write_json(args.report, record)
