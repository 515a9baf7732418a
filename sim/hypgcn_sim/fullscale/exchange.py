"""Files between Python and the full-speed testbench: stimuli and expected beats in, results and counters out."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.golden.absent import computed
from hypgcn.stream.activity import STATES

from ..stimuli.payload import pack, unpack
from .golden import OBSERVE_WORDS
from .ports import Shape
from .result import Run

__all__ = ["Expected", "read_results", "results_so_far", "write_expected", "write_stimuli"]

TIMEOUT, TAIL = 400_000, 200


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What :func:`write_expected` wrote.

    Attributes
    ----------
    beats : int
        Vectors and scores that are compared.
    people : list of str
        Names of the persons that the blocks compute.
    """

    beats: int
    people: list[str]


def _result_words(shape: Shape) -> int:
    """32-bit words of a result."""
    return -(-shape.result["width"] // 32)


def write_stimuli(folder: Path, shape: Shape, clips: np.ndarray):
    """Write ``plan.txt`` and ``i.bin``; files of an earlier run are removed.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    shape : Shape
        Layouts of the ports.
    clips : int8 (N, M, T, V, C)
        The clips.
    """
    for old in folder.glob("*"):
        if old.suffix in (".bin", ".txt"):
            old.unlink()
    joints = np.ascontiguousarray(clips).reshape(-1, clips.shape[-1]).view(np.uint8)
    in_words = -(-joints.shape[1] // 4)
    np.pad(joints, ((0, 0), (0, 4 * in_words - joints.shape[1]))).tofile(folder / "i.bin")
    plan = (in_words, _result_words(shape), joints.shape[0] // len(clips), shape.classes, len(clips), TIMEOUT, TAIL)
    (folder / "plan.txt").write_text(" ".join(map(str, plan)) + "\n", encoding="utf-8", newline="\n")


def write_expected(folder: Path, shape: Shape, golden: Sequence[Path], *, blocks: int, skip_absent: bool) -> Expected:
    """Write the expected beats of each output, and masks of the bits that are compared.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    shape : Shape
        Layouts of the ports.
    golden : sequence of Path
        Files of :func:`~.golden.golden_clips`, one a clip.
    blocks : int
        Blocks with an observation port.
    skip_absent : bool
        Whether the network leaves absent persons out.
    """
    out_words, beats, any_lost = _result_words(shape), 0, False
    absent: list[np.ndarray] = []
    with ExitStack() as files:
        scores = files.enter_context(open(folder / "o.bin", "wb"))
        streams = [files.enter_context(open(folder / f"observe_{index}.bin", "wb")) for index in range(blocks)]
        for path in golden:
            with np.load(path) as tensors:
                overflow = int(tensors["overflow"])
                left_out = tensors["left_out"] & skip_absent
                absent.append(left_out)
                any_lost = any_lost or bool(overflow)
                for index, score in enumerate(tensors["logits"].tolist()):
                    word = pack(shape.result, {"index": index, "score": score, "overflow": overflow,
                                               "last": int(index == shape.classes - 1)})
                    scores.write(word.to_bytes(4 * out_words, "little"))
                beats += shape.classes
                for index, file in enumerate(streams):
                    y = tensors[f"y{index}"].reshape(len(left_out), -1, OBSERVE_WORDS)[~left_out]
                    y.astype("<u4").tofile(file)
                    beats += y.shape[0] * y.shape[1]
    np.full(out_words, 0xFFFFFFFF, "<u4").tofile(folder / "o.mask.bin")
    mask = (1 << shape.observe["width"]) - 1
    if any_lost:  # from which row on the sticky overflow flag is set depends on the folding
        mask >>= 1
    for index in range(blocks):
        (folder / f"observe_{index}.mask.bin").write_bytes(mask.to_bytes(4 * OBSERVE_WORDS, "little"))
    return Expected(beats=beats, people=computed(absent))


def results_so_far(folder: Path) -> int:
    """Results that a running simulator has written."""
    try:
        return (folder / "results.txt").read_bytes().count(b"\n")
    except OSError:
        return 0


def read_results(folder: Path, shape: Shape, clips: int) -> Run:
    """Measurements of a run that has ended.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    shape : Shape
        Layouts of the ports.
    clips : int
        Clips of the run.

    Raises
    ------
    AssertionError
        When results are missing.
    """
    times, scores, overflow, end = [], [], [], []
    of_streams: list[list[list[int]]] = [[] for _ in range(shape.streams)]
    for line in (folder / "results.txt").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[0] == "end":
            end = [int(word) for word in words[1:]]
            continue
        times.append([int(word) for word in words[:4]])
        beats = [unpack(shape.result, int(word, 16)) for word in words[4:]]
        scores.append([beat["score"] for beat in beats])
        for number, found in enumerate(of_streams):
            found.append([beat[f"stream{number}"] for beat in beats])
        overflow.append(bool(beats[-1]["overflow"]))
    if len(times) != clips or not end:
        raise AssertionError(f"{len(times)} of {clips} results arrived")
    first_in, last_in, first_out, last_out = np.array(times, np.int64).T
    counts = np.fromfile(folder / "counts.bin", "<u4")
    units = len(counts) // (clips * len(STATES))
    return Run(first_in=first_in, last_in=last_in, first_out=first_out, last_out=last_out,
               scores=np.array(scores, np.int64), overflow=np.array(overflow),
               streams=np.array(of_streams, np.int64).reshape(-1, clips, shape.classes),
               counts=counts.reshape(clips, units, len(STATES)), cycles=end[0], lost=end[1:])
