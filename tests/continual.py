"""One endless stream against a clip for every answer: ``python tests/continual.py CHECKPOINT --data RECORDING``.

Both take poses at the network's own rate, FRAMES in SECONDS, and answer every HOP frames. *Clips*: the last SECONDS are
a clip, as ``hypgcn live`` does it. *Endless*: the network runs over the whole stream without the ends of clips, and its
head takes the mean of as many rows as a clip has (continual inference). With ``--tune`` the network is trained on with
streams of joined training clips first, once for each way, with about the same work. Streams and figures are those of
``hypgcn live-measure``.
"""

import argparse
import json
import random
import sys
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("hdl", "pruning", "firmware")]

import numpy as np
import torch
import torch.nn.functional as F

from hypgcn.design.clip import Preparation, at_times, prepare_clip
from hypgcn.progress import Progress
from hypgcn_host.live.figures import figures, summed
from hypgcn_host.live.sequence import RecordedClip, join_clips
from hypgcn_host.live.smoothing import Smoothing
from hypgcn_pruning.config import Augmentation
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.network.model import Network
from hypgcn_pruning.recordings.augment import augment
from hypgcn_pruning.recordings.clip_file import read_clip_file

SECONDS, HOP, RATE = 1.2, 4, 30.0
"""Of a clip; network frames between answers; recorded frames a second."""
SMOOTH, THRESHOLD = 0.2, 0.5
"""Those of ``hypgcn live``."""


def poses(clips: list[RecordedClip], preparation: Preparation) -> np.ndarray:
    """Float32 (T, V, C): joined clips of one person, prepared, at the network's rate."""
    whole = np.concatenate([clip.clip[:1] for clip in clips], axis=1)
    frames = round(whole.shape[1] / RATE * preparation.frames / SECONDS)
    return prepare_clip(whole, replace(preparation, frames=frames))[0]


def ahead(model: Network) -> int:
    """Frames behind a row that it depends on: half the kernel of every block, at the block's rate."""
    total, rate = 0, 1
    for _, stride in model.config.blocks:
        total += model.config.kernel // 2 * rate
        rate *= stride
    return total


def endless(model: Network, stream: torch.Tensor) -> torch.Tensor:
    """Logits (N, rows, classes) of streams (N, T, V, C): row r is the mean of the rows of a clip up to r."""
    x = model.features(stream[:, None])
    for block in model.blocks:
        x = block(x)
    rows = x.mean(dim=3)
    held = model.config.frames * rows.shape[2] // stream.shape[1]
    return model.fc(F.pad(rows, (held - 1, 0)).unfold(2, held, 1).mean(dim=3).transpose(1, 2))


def windows(model: Network, stream: torch.Tensor, ends: np.ndarray) -> torch.Tensor:
    """Logits (N, len(ends), classes): of the frames before each of ``ends``, fewer at the begin of the stream."""
    frames = model.config.frames
    parts = [[at_times(part[None, max(0, end - frames):end], np.linspace(0, min(end, frames) - 1, frames))[0]
              for end in ends] for part in stream.numpy()]
    clips = torch.from_numpy(np.stack(parts).astype(np.float32))
    return model(clips.flatten(0, 1)[:, None]).unflatten(0, clips.shape[:2])


def measured(model: Network, sequences: list[list[RecordedClip]], preparation: Preparation, names: tuple[str, ...], *,
             whole: bool) -> dict:
    """Figures of ``hypgcn live-measure`` over ``sequences``; ``whole`` for an endless stream."""
    model.eval()
    parts, step = [], SECONDS / preparation.frames
    for clips in sequences:
        stream = torch.from_numpy(poses(clips, preparation))[None]
        ends = np.arange(HOP, stream.shape[1] + 1, HOP)
        with torch.no_grad():
            logits = (endless(model, stream) if whole else windows(model, stream, ends))[0, :len(ends)]
        late = ahead(model) * step if whole else 0.0
        smoothing, answers = Smoothing(SMOOTH), []
        for end, row in zip(ends, torch.softmax(logits.double(), dim=1).numpy()):
            mean = smoothing.add(end * step, row)
            label = names[mean.argmax()] if mean.max() >= THRESHOLD else None
            # An answer comes when the last frame that it depends on is there; its middle is that of its rows.
            answers.append((end * step + late, min(end * step, SECONDS) + 2 * late, label))
        parts.append(figures(join_clips(clips, rate=RATE)[1], answers, carry=SECONDS + SMOOTH + late))
    return {**summed(parts).to_dict(), "late_seconds": round(ahead(model) * step if whole else 0.0, 2)}


def drawn(clips: list[RecordedClip], names: tuple[str, ...], frames: int, preparation: Preparation,
          rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A stream of random ``clips``, turned and timed at random: (T, V, C), and the class of every frame."""
    parts: list[np.ndarray] = []
    classes: list[np.ndarray] = []
    while sum(map(len, classes)) < frames:
        drawn_clip = clips[rng.integers(len(clips))]
        clip = augment(drawn_clip.clip[:1], rng, Augmentation(random_times=False))
        length = max(2, round(clip.shape[1] / RATE * preparation.frames / SECONDS * rng.uniform(0.8, 1.25)))
        parts.append(prepare_clip(clip, replace(preparation, frames=length))[0])
        classes.append(np.full(length, names.index(drawn_clip.label)))
    return np.concatenate(parts)[:frames], np.concatenate(classes)[:frames]


def tune(model: Network, clips: list[RecordedClip], preparation: Preparation, names: tuple[str, ...], *, whole: bool,
         steps: int, seed: int = 0, batch: int = 8, frames: int = 320, rate: float = 0.02):
    """Train ``model`` on with streams of ``clips``: an answer has the class of the middle of its frames."""
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.SGD(model.parameters(), rate, momentum=0.9, nesterov=True, weight_decay=2e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    progress = Progress("endless" if whole else "clips")
    half = preparation.frames // 2
    for step in range(steps):
        pairs = [drawn(clips, names, frames, preparation, rng) for _ in range(batch)]
        stream = torch.from_numpy(np.stack([pose for pose, _ in pairs]))
        classes = np.stack([label for _, label in pairs])
        ends = np.arange(2 * half, frames + 1, HOP)
        if not whole:  # a clip each is ten times the work of a row each
            ends = np.sort(rng.choice(ends, len(ends) // 9, replace=False))
        model.train()
        logits = endless(model, stream)[:, ends // HOP - 1] if whole else windows(model, stream, ends)
        target = torch.from_numpy(classes[:, ends - half])
        loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        for block in model.blocks:
            block.apply_masks()
        progress(step + 1, steps)
    progress.finish(f"loss {loss.item():.3f}")


def main(arguments=None) -> int:
    """Print a row of figures for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--data", required=True)
    parser.add_argument("--sequences", type=int, default=5)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tune", type=int, default=0, metavar="STEPS")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    _, info = load_checkpoint(given.checkpoint)
    names, preparation = tuple(info["class_names"]), Preparation.from_dict(info["preparation"])
    model, _ = load_checkpoint(given.checkpoint)
    skeleton = model.config.skeleton
    found = read_clip_file(given.data, joints=skeleton.joints, skeleton=skeleton.name)
    clips = {test: [RecordedClip(name=clip.name, clip=clip.clip, label=clip.class_name or names[clip.label])
                    for clip in found if clip.test is test] for test in (False, True)}
    random.Random(given.seed).shuffle(clips[True])
    sequences = [clips[True][n * given.clips:(n + 1) * given.clips] for n in range(given.sequences)]
    for whole in (False, True):
        for steps in dict.fromkeys((0, given.tune)):
            model, _ = load_checkpoint(given.checkpoint)
            if steps:
                tune(model, clips[False], preparation, names, whole=whole, steps=steps, seed=given.seed)
            row = measured(model, sequences, preparation, names, whole=whole)
            print(f"{'endless' if whole else 'clips'}, {steps} steps: {json.dumps(row)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
