"""Whole clips through the emitted network at full speed, one behind the other without a gap, compared with golden."""

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.emission.emit import Emission, emit
from hypgcn.golden.absent import computed
from hypgcn.network import Network
from hypgcn.stream.layouts import result_layout, vector_layout
from hypgcn.watch import BLOCK_UNITS, STATES, watched_units

from ..stimuli.payload import describe, difference, pack, unpack, width_of
from ..stimuli.scoreboard import Scoreboard
from .build import build
from .golden import OBSERVE_WORDS

__all__ = ["FILL", "FullSimulation", "Run", "Shape", "save_json"]

TIMEOUT, TAIL = 400_000, 200
FILL = 2
"""Results of a run that are left out of the steady state: the network fills."""
TOP = "top"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the ports look like: described payloads of results and of a block's vectors, and their order."""

    classes: int
    result: dict
    observe: dict
    banks: tuple[int, ...]
    frames: tuple[int, ...]
    persons: int
    joints: int

    @classmethod
    def of(cls, design: Design) -> "Shape":
        """Shape of the ports of ``design``."""
        vector = describe(vector_layout())
        observe = {"struct": [["valid", 0, {"width": 1, "signed": False}], ["payload", 1, vector]],
                   "width": 1 + width_of(vector)}
        return cls(classes=design.classes, result=describe(result_layout(design.classes, design.logit_width)),
                   observe=observe, banks=tuple(block.out_banks for block in design.blocks),
                   frames=tuple(design.block_frames(index + 1) for index in range(len(design.blocks))),
                   persons=design.persons, joints=design.joints)

    def scoreboard(self, stream: str, clips: int, word: int, people: list[str] | None = None) -> Scoreboard:
        """What names the place of one expected ``word`` of a stream; ``people``: names of the persons that are
        computed, where some are not."""
        if stream == "o":
            member = {"shape": self.result, "tensor": "logits", "axes": [("clip", clips), ("class", self.classes)]}
        else:
            index = int(stream.removeprefix("observe_"))
            whose = [("clip", clips), ("person", self.persons)] if people is None else [("person", people)]
            member = {"shape": self.observe, "tensor": f"blocks.{index}.y",
                      "axes": [*whose, ("frame", self.frames[index]), ("joint", self.joints),
                               ("bank", self.banks[index])]}
        return Scoreboard(stream, member, [word])


@dataclass(kw_only=True)
class Run:
    """What a simulation of clips measured; cycles since its start.

    first_in, last_in : of the first and last joint of each clip; first_out, last_out : of its first and last score
    scores : int64 (clips, classes); overflow : bool (clips,)
    counts : uint32 (clips, units, 3), the counters at the last score of each clip, or no units without counters
    cycles, lost : of the whole run, and per block the vectors that lost values; seconds : of the simulator
    compared : vectors and scores that were held against golden
    """

    first_in: np.ndarray
    last_in: np.ndarray
    first_out: np.ndarray
    last_out: np.ndarray
    scores: np.ndarray
    overflow: np.ndarray
    counts: np.ndarray
    cycles: int = 0
    lost: list[int] = field(default_factory=list)
    seconds: float = 0.0
    compared: int = 0

    @property
    def steady(self) -> np.ndarray:
        """Cycles between results once the network is full; empty for fewer than ``FILL + 1`` clips."""
        return np.diff(self.last_out)[FILL - 1:]

    @property
    def cycles_per_clip(self) -> float | None:
        """Mean of :attr:`steady`."""
        return float(self.steady.mean()) if len(self.steady) else None

    @property
    def latency(self) -> np.ndarray:
        """Cycles from a clip's last joint in to its last score out."""
        return self.last_out - self.last_in

    def window(self) -> tuple[int, int, dict[str, dict[str, int]]]:
        """Cycles of the steady state, its clips, and for every unit how many of these cycles it was busy, starved and
        blocked; all of a run of at most ``FILL`` clips, from its first joint on."""
        units = self.counts.shape[1]
        names = watched_units((units - 2) // len(BLOCK_UNITS)) if units else []
        if len(self.last_out) > FILL:
            first = FILL - 1
            clips, cycles = len(self.last_out) - FILL, int(self.last_out[-1] - self.last_out[first])
            spent = self.counts[-1] - self.counts[first]  # wraps as the counters do
        else:
            clips, cycles, spent = len(self.last_out), int(self.last_out[-1] - self.first_in[0]), self.counts[-1]
        found = {name: {state: int(spent[index, n]) for n, state in enumerate(STATES)}
                 for index, name in enumerate(names)}
        return cycles, clips, found


class FullSimulation:
    """The emitted network of a design, ready to take clips.

    Parameters
    ----------
    design, folding : what is simulated
    folder : for everything that is made; ``folder/cache`` keeps simulators, ``folder/golden`` golden tensors
    observe, watch : with ports that show every block's vectors, with counters of the units
    progress : called with done, total and a text
    """

    people: list[str] | None = None
    """Persons that the blocks compute in the latest run."""

    def __init__(self, design: Design, folding: Folding, folder: Path, *, observe: bool = True, watch: bool = True,
                 cache: Path | None = None, progress: Callable[[float, float, str], None] = lambda *_: None):
        self.design, self.folding, self.folder = design, folding, Path(folder)
        self.observe, self.watch = observe, watch
        self.shape = Shape.of(design)
        self.seconds: dict[str, float] = {}
        start = time.monotonic()
        rtl = self.folder / "rtl"
        self.emission: Emission = emit(
            Network(design, folding, observe=observe, watch=watch), TOP, rtl,
            progress=lambda done, total, text: progress(0.25 * done / total, 1.0, text))
        self.seconds["emission"] = time.monotonic() - start
        start = time.monotonic()
        self.program = build(self.emission, rtl, cache or self.folder / "cache",
                             report=lambda share: progress(0.25 + 0.75 * share, 1.0, "Verilator and the C++ compiler"))
        self.seconds["build"] = time.monotonic() - start

    def run(self, clips: np.ndarray, expected: Sequence[Path] | None = None, *, name: str = "run", seed: int = 1,
            progress: Callable[[float, float, str], None] = lambda *_: None) -> Run:
        """Send int8 ``clips`` (N, M, T, V, C) through, compared with the files ``expected`` of
        :func:`~.fullscale_golden.golden_clips` where there are any.

        Raises :exc:`AssertionError` that names the tensor, the place, what was expected and what came.
        """
        folder = (self.folder / name).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        compared = self._write(folder, clips, expected)
        start = time.monotonic()
        # Memory images are read from where the text is.
        with subprocess.Popen([self.program, str(folder), str(seed)], cwd=(self.folder / "rtl"), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                while True:
                    try:
                        told, _ = process.communicate(timeout=1.0)
                        break
                    except subprocess.TimeoutExpired:
                        progress(_lines(folder / "results.txt"), len(clips), f"{name}: clips through the network")
            except BaseException:
                process.kill()
                raise
        if process.returncode or told.strip():
            raise AssertionError(self._explain(told.strip(), len(clips), process.returncode))
        run = self._read(folder, len(clips))
        run.seconds, run.compared = time.monotonic() - start, compared
        if expected is not None:
            lost = sum(np.load(path)["lost"] for path in expected)
            if list(lost) != run.lost:
                raise AssertionError(f"overflow_counts: expected {list(map(int, lost))}, got {run.lost}, at the end")
        return run

    def _write(self, folder: Path, clips: np.ndarray, expected: Sequence[Path] | None) -> int:
        """Stimuli and what is expected; the number of beats that are."""
        for old in folder.glob("*"):
            if old.suffix in (".bin", ".txt"):
                old.unlink()
        joints = np.ascontiguousarray(clips).reshape(-1, clips.shape[-1]).view(np.uint8)
        in_words, out_words = -(-joints.shape[1] // 4), -(-self.shape.result["width"] // 32)
        np.pad(joints, ((0, 0), (0, 4 * in_words - joints.shape[1]))).tofile(folder / "i.bin")
        plan = (in_words, out_words, joints.shape[0] // len(clips), self.shape.classes, len(clips), TIMEOUT, TAIL)
        (folder / "plan.txt").write_text(" ".join(map(str, plan)) + "\n")
        if expected is None:
            return 0
        blocks = len(self.design.blocks) if self.observe else 0
        beats, any_lost, gone = 0, False, []
        with open(folder / "o.bin", "wb") as scores:
            streams = [open(folder / f"observe_{index}.bin", "wb") for index in range(blocks)]
            for path in expected:
                with np.load(path) as found:
                    overflow = int(found["overflow"])
                    gone.append(found["left_out"] & self.folding.skip_absent)
                    any_lost = any_lost or bool(overflow)
                    for index, score in enumerate(found["logits"].tolist()):
                        word = pack(self.shape.result, {"index": index, "score": score, "overflow": overflow,
                                                        "last": int(index == self.shape.classes - 1)})
                        scores.write(word.to_bytes(4 * out_words, "little"))
                    beats += self.shape.classes
                    for index, file in enumerate(streams):
                        y = found[f"y{index}"].reshape(len(gone[-1]), -1, OBSERVE_WORDS)[~gone[-1]]
                        y.astype("<u4").tofile(file)
                        beats += y.shape[0] * y.shape[1]
            for file in streams:
                file.close()
        self.people = computed(gone)
        np.full(out_words, 0xFFFFFFFF, "<u4").tofile(folder / "o.mask.bin")
        mask = (1 << self.shape.observe["width"]) - 1
        if any_lost:  # the flag is sticky from a row on that depends on the folding
            mask >>= 1
        for index in range(blocks):
            (folder / f"observe_{index}.mask.bin").write_bytes(mask.to_bytes(4 * OBSERVE_WORDS, "little"))
        return beats

    def _explain(self, told: str, clips: int, status: int) -> str:
        """The place and the field of a difference that the simulator told."""
        parts = told.splitlines()[-1].split() if told else []
        if parts and parts[0] == "differs":
            stream, beat, cycle, wanted, got = parts[1], int(parts[2]), parts[3], int(parts[4], 16), int(parts[5], 16)
            checker = self.shape.checker(stream, clips, wanted, self.people)
            checker.seen = beat
            place, shape = checker.place(beat), checker.member["shape"]
            found = difference(shape, wanted & ((1 << shape["width"]) - 1), got & ((1 << shape["width"]) - 1))
            name, right, came = found or ("bits", wanted, got)
            return f"{place}.{name}: expected {right}, got {came} (stream {stream}, beat {beat}, cycle {cycle})"
        if parts and parts[0] in ("extra", "missing"):
            what = "one more beat than expected" if parts[0] == "extra" else "fewer beats than expected"
            return f"{parts[1]}: {what}, beat {parts[2]}, cycle {parts[3]}"
        return told or f"the simulator ended with status {status}"

    def _read(self, folder: Path, clips: int) -> Run:
        times, scores, overflow, end = [], [], [], []
        for line in (folder / "results.txt").read_text().splitlines():
            parts = line.split()
            if parts[0] == "end":
                end = [int(part) for part in parts[1:]]
                continue
            times.append([int(part) for part in parts[:4]])
            beats = [unpack(self.shape.result, int(part, 16)) for part in parts[4:]]
            scores.append([beat["score"] for beat in beats])
            overflow.append(bool(beats[-1]["overflow"]))
        if len(times) != clips or not end:
            raise AssertionError(f"{len(times)} of {clips} results came")
        first_in, last_in, first_out, last_out = np.array(times, np.int64).T
        counts = np.fromfile(folder / "counts.bin", "<u4")
        units = len(counts) // (clips * len(STATES))
        return Run(first_in=first_in, last_in=last_in, first_out=first_out, last_out=last_out,
                   scores=np.array(scores, np.int64), overflow=np.array(overflow),
                   counts=counts.reshape(clips, units, len(STATES)),
                   cycles=end[0], lost=end[1:])


def _lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0


def save_json(data, path: Path):
    """Write JSON; a failure leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(data, indent=1) + "\n")
    part.replace(path)
