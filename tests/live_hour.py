"""Memory of ``hypgcn live`` in a long stream: ``python tests/live_hour.py DESIGN --minutes 60``.

A generated stream of two people, whose identities change every minute, goes through a pipe as fast as it is read, and
the page is served. Printed is the resident memory of the process after each tenth of the stream. Linux only: it reads
``/proc``.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from hypgcn.cli import load_design

__all__ = ["measure"]

COMMAND = [sys.executable, "-m", "hypgcn.cli"]


def lines(frames: int, joints: int, rate: int):
    """Lines of the stream, ``rate`` a second."""
    rest = np.random.default_rng(1).normal(0, 0.4, (joints, 3)) + [0, 0, 3]
    for number in range(frames):
        minute, shift = number // (60 * rate), math.sin(number / 40)
        people = [{"id": f"{minute}-{person}", "joints": (rest + [person + shift, 0, 0]).round(4).tolist()}
                  for person in range(2)]
        yield json.dumps({"time": number / rate, "people": people}).encode() + b"\n"


def resident_mb(process: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure(design: str, minutes: float, parts: int = 10, rate: int = 30, hop: int = 30) -> list[float]:
    """MB after each part of a stream of so many minutes, of ``rate`` frames a second, answered every ``hop`` frames."""
    command = [*COMMAND, "live", design, "--source", "-", "--every", "--hop", str(hop), "--web", "0"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    frames, found = round(minutes * 60 * rate), []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment) as process:
        for number, line in enumerate(lines(frames, load_design(design).joints, rate), 1):
            process.stdin.write(line)
            if number * parts // frames > len(found):
                process.stdin.flush()
                found.append(round(resident_mb(process.pid), 1))
        process.stdin.close()
        if process.wait():
            raise OSError(f"hypgcn live ended with {process.returncode}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("design", metavar="DESIGN")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=int, default=30, help="frames a second")
    parser.add_argument("--hop", type=int, default=30, help="frames from one answer to the next")
    args = parser.parse_args()
    print("MB after each tenth:", *measure(args.design, args.minutes, rate=args.rate, hop=args.hop))
