"""How many clips each class has for training and for the test, and what follows from bad numbers."""

import warnings
from collections.abc import Sequence

import numpy as np

from ..messages import say
from .data import Clips

__all__ = ["class_counts", "check_test_clips", "check_training_clips"]

MAX_SHOWN = 12
UNEVEN = 3
"""How many times the clips of the smallest class the largest one has at least, where that is said."""


def _names(clips: Clips) -> list[str]:
    return [clips.class_names[k] if clips.class_names else str(k) for k in range(clips.classes)]


def class_counts(clips: Clips) -> dict[str, list[int]]:
    """Number of training and of test clips of each class, by its name, or by its number where it has none."""
    counts = [np.bincount(clips.label[clips.split == split], minlength=clips.classes) for split in (0, 1)]
    names = _names(clips)
    if len(set(names)) < len(names):
        names = [f"{number} {name}" for number, name in enumerate(names)]
    return {name: [int(counts[0][k]), int(counts[1][k])] for k, name in enumerate(names)}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_SHOWN]) + (f" and {len(names) - MAX_SHOWN} more" if len(names) > MAX_SHOWN else "")


def seen_in_training(clips: Clips) -> np.ndarray:
    """For each test clip whether a training clip has the same joints in all frames, bool (test clips,)."""
    training = {clip for clip, split in zip(clips.digests, clips.split) if split == 0}
    return np.array([clip in training for clip, split in zip(clips.digests, clips.split) if split == 1], bool)


def check_training_clips(clips: Clips, where="data"):
    """Say how many clips the classes have, and warn where an accuracy would mean little.

    That is so for classes without training clips or without test clips, and for test clips that are training clips as
    well. Data without any training clip is left to the error that training raises.
    """
    if not (clips.split == 0).any():
        return
    counts = class_counts(clips)
    shown = [f"{name} {train} + {test}" for name, (train, test) in counts.items()]
    train, test = (int((clips.split == split).sum()) for split in (0, 1))
    say(f"{where}: {train} training + {test} test clips; by class: {_listed(shown)}")
    empty = [name for name, (train, _) in counts.items() if not train]
    if empty:
        warnings.warn(f"{where}: {len(empty)} of {clips.classes} classes have no training clip and cannot be learned: "
                      f"{_listed(empty)}", stacklevel=2)
    learned = {name: train for name, (train, _) in counts.items() if train}
    large, small = max(learned, key=learned.__getitem__), min(learned, key=learned.__getitem__)
    if learned[large] >= UNEVEN * learned[small]:
        say(f"{where}: {large} has {learned[large] / learned[small]:.1f} times the training clips of {small}; "
            f"--balance draw or weights lets classes count alike, and the mean of the classes shows whether that helps")
    both = int(seen_in_training(clips).sum())
    if both:
        warnings.warn(f"{where}: {both} of {test} test clips are training clips as well, so that the accuracy is too "
                      f"high", stacklevel=2)
    if not test:
        say(f"{where}: there is no test clip: accuracies are of the training clips, and say nothing of unseen ones; "
            f"give a split (--protocol, or split in the file) or hold clips out (--validate 0.2)")
    check_test_clips(clips, where)


def check_test_clips(clips: Clips, where="data"):
    """Warn of classes without a test clip, which no accuracy covers; of chosen ones where some were chosen."""
    held = clips.label[clips.split == 1]
    present = np.unique(held)
    wanted = range(clips.classes) if len(clips.chosen) in (0, clips.classes) else clips.chosen
    if len(held) and len(present) < len(wanted):
        names = _names(clips)
        missing = [names[k] for k in wanted if k not in present]
        warnings.warn(f"{where}: the {len(held)} test clips are of {len(present)} of {len(wanted)} classes, so that "
                      f"the accuracy covers no other; none of {_listed(missing)}", stacklevel=2)
