"""Networks of any kind that answer: float and pruned checkpoints, and int8 designs by their integers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from hypgcn.design import Design
from hypgcn.design.class_names import class_order
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.persons import match_persons
from hypgcn.design.raw_conversion import whole_preparation

from ..inputs import preparation_in
from ..integers.integer import predict_integer
from ..messages import say
from ..network.checkpoint import load_checkpoint
from ..network.model import Network
from ..network.predict import predict
from ..reports.streams import stream_of

__all__ = ["Answering", "in_one_order", "open_answering"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Answering:
    """A network and what its answers need.

    Parameters
    ----------
    path : str
    network : Network or Design
        Of a design the integers are computed, which are those of the golden model and of the hardware.
    preparation : Preparation
        Of what it is given; raw joints are prepared further in it.
    class_names : tuple of str
        Of its classes, or empty.
    skeleton : str or None
        Name of its skeleton, where known.
    order : tuple of int
        For each class of the answer its number in ``network``.
    """

    path: str
    network: Network | Design
    preparation: Preparation
    class_names: tuple[str, ...]
    skeleton: str | None
    order: tuple[int, ...]

    @property
    def shape(self):
        """What has its ``joints``, ``channels``, ``persons`` and ``classes``."""
        return self.network if isinstance(self.network, Design) else self.network.config

    @property
    def joints(self) -> int:
        """Joints of its clips."""
        return self.network.joints if isinstance(self.network, Design) else self.network.config.skeleton.joints

    @property
    def kind(self) -> str:
        """``int8`` for a design, ``float`` for a checkpoint."""
        return "int8" if isinstance(self.network, Design) else "float"

    @property
    def stream(self) -> str:
        """One of :data:`~.config.STREAMS`."""
        network = self.network
        return stream_of(whole_preparation(network) if isinstance(network, Design) else self.preparation)

    @property
    def scale(self) -> float:
        """Factor from scores to logits."""
        return self.network.logit_scale if isinstance(self.network, Design) else 1.0

    def scores(self, bodies: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of recorded clips.

        Parameters
        ----------
        bodies : sequence of np.ndarray (M, T, V, C)
            Any M and T.

        Returns
        -------
        np.ndarray (N, classes)
            Int64 of a design, float64 of a checkpoint; times ``scale`` they are logits.
        """
        clips = np.stack([prepare_clip(match_persons(body, self.shape.persons), self.preparation) for body in bodies])
        if isinstance(self.network, Design):
            integers = np.stack([quantise_clip(self.network, clip) for clip in clips])
            return predict_integer(self.network, integers)[0].numpy()[:, self.order]
        return predict(self.network, torch.from_numpy(clips)).double().numpy()[:, self.order]


def open_answering(path: str) -> Answering:
    """The checkpoint or the design at ``path``.

    Raises
    ------
    FileNotFoundError
        There is nothing.
    ValueError
        A damaged or foreign file, or one that does not say how clips are prepared.
    """
    network: Network | Design
    if Path(path).is_dir() or Path(path).name == "design.json":
        network = Design.load(path)
        info, names, classes = network.meta, network.class_names, network.classes
        skeleton = (info.get("skeleton") or {}).get("name")
    else:
        network, info = load_checkpoint(path)
        names, classes = tuple(info.get("class_names", ())), network.config.classes
        skeleton = network.config.skeleton.name
    preparation = preparation_in(info, path)
    if not names:
        say(f"{path} has no class names, and its classes are shown by their numbers; recordings with class_names give "
            f"them to a network in training")
    return Answering(path=str(path), network=network, preparation=preparation, class_names=tuple(names),
                     skeleton=skeleton, order=tuple(range(classes)))


def in_one_order(networks: Sequence[Answering]) -> list[Answering]:
    """``networks`` with the classes of all in the order of the first, by name where both have names.

    Raises
    ------
    ValueError
        They have other classes.
    """
    first, found = networks[0], [networks[0]]
    for network in networks[1:]:
        if len(network.order) != len(first.order):
            raise ValueError(f"{network.path} must have the {len(first.order)} classes of {first.path}, not "
                             f"{len(network.order)}")
        if network.class_names and first.class_names:
            order = class_order(network.class_names, first.class_names, network.path)
            network = Answering(**{**vars(network), "class_names": first.class_names, "order": tuple(order)})
        found.append(network)
    return found
