"""A classifier that is fed frames as they come.

>>> live = LiveClassifier([LiveNetwork(design=design, core=GoldenCore(design))], LiveConfig(hop=3))
>>> update = live.push(0.033, {7: joints})            # float64 (joint, channel + 1), see frame.with_scores
>>> [(answer.people, answer.label, answer.probability) for answer in update.answers]
[((7,), 'sit down', 0.93)]
"""

import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hypgcn.design.class_names import class_order

from .answer import Answer, Update
from .frame import Frame
from .network import LiveNetwork
from .people import People
from .smoothing import Smoothing, softmax
from .window import Window

__all__ = ["LiveClassifier", "LiveConfig"]


@dataclass(frozen=True, kw_only=True)
class LiveConfig:
    """How a stream is cut into clips, and what becomes of their scores.

    Parameters
    ----------
    window : float or tuple of float
        Seconds of a clip, above 0. Of several, a clip of each length is classified, and their logits are averaged:
        actions have different lengths.
    hop : int
        New frames from one answer to the next, 1 or more.
    begin : float
        Seconds of a person that there must be before the first answer, 0 to the longest window.
    smooth : float
        Seconds over which probabilities are smoothed, 0 or more (:class:`~.smoothing.Smoothing`).
    threshold : float
        Smoothed probability below which an answer is "no action", 0..1.
    patience : float
        Seconds for which somebody may be unseen and keeps the place, 0 or more.
    people : int
        People at most, 1 or more; more are left out and counted.
    """

    window: float | tuple[float, ...] = 1.2
    hop: int = 1
    begin: float = 0.4
    smooth: float = 0.2
    threshold: float = 0.5
    patience: float = 1.0
    people: int = 32

    def __post_init__(self):
        if not self.windows or not all(0 < seconds < float("inf") for seconds in self.windows):
            raise ValueError(f"window must be above 0 seconds, not {self.window!r}")
        for name, value in (("hop", self.hop), ("people", self.people)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1, not {value!r}")
        if not 0 <= self.begin <= self.windows[-1]:
            raise ValueError(f"begin must be in 0..{self.windows[-1]:g} seconds, the window, not {self.begin!r}")
        for name, seconds in (("smooth", self.smooth), ("patience", self.patience)):
            if not 0 <= seconds < float("inf"):
                raise ValueError(f"{name} must be at least 0 seconds, not {seconds!r}")
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold must be in 0..1, not {self.threshold!r}")

    @property
    def windows(self) -> tuple[float, ...]:
        """Seconds of the clips, the shortest first."""
        return tuple(sorted(self.window)) if isinstance(self.window, tuple) else (self.window,)


class LiveClassifier:
    """Answers about people in a stream, a clip for each group of them every ``hop`` frames.

    A network of one person has a clip for each; one of P persons a clip for each group of up to P
    (:class:`~.people.People`). What is kept is bounded: frames of the window, and places and scores of the people who
    are there.

    Parameters
    ----------
    networks : sequence of LiveNetwork
        Their logits are summed by their weights. They have the same classes, by name, and take the same joints.
    config : LiveConfig

    Attributes
    ----------
    labels : list of str
        Names of the classes.
    parts : tuple of str
        Names of the networks behind an answer, where there are several: streams of an ensemble and names of designs,
        behind numbers where two are alike.
    """

    def __init__(self, networks: Sequence[LiveNetwork], config: LiveConfig | None = None):
        if not networks:
            raise ValueError("networks must hold at least one network")
        self.networks, self.config = list(networks), config or LiveConfig()
        first = self.networks[0].first
        self.labels = list(first.class_names) or [f"class {number}" for number in range(first.classes)]
        self._orders = []
        for network in self.networks:
            design = network.first
            if design.classes != first.classes:
                raise ValueError(f"designs must have the same classes, but {design.name} has {design.classes} and "
                                 f"{first.name} {first.classes}")
            if network.joints != self.networks[0].joints or network.values != self.networks[0].values:
                raise ValueError(f"networks must take the same joints, but {design.name} takes {network.joints} of "
                                 f"{network.values} and {first.name} {self.networks[0].joints} of "
                                 f"{self.networks[0].values}")
            self._orders.append(class_order(design.class_names, first.class_names, f"design {design.name}")
                                if design.class_names and first.class_names else list(range(first.classes)))
        self.persons = min(network.first.persons for network in self.networks)
        names = [name for network in self.networks for name in network.streams or (network.design.name,)]
        if len(set(names)) < len(names):
            names = [f"{number} {name}" for number, name in enumerate(names, 1)]
        self.parts = tuple(names) if len(names) > 1 else ()
        self._people = People(persons=self.persons, limit=self.config.people, patience=self.config.patience)
        self._window = Window(self.config.windows[-1])
        self._smoothing: dict[tuple[int | str, ...], Smoothing] = {}
        self._since = 0
        self.pushed = self.answered = self.late = self.doubles = self.restarts = self.refused = 0

    def push(self, time: float, people: Mapping[int | str, np.ndarray], *, answer: bool = True) -> Update:
        """Take the next frame in, and answer if it is time to.

        Parameters
        ----------
        time : float
            Seconds.
        people : mapping of identity to np.ndarray (V, C + 1)
            See :class:`~.frame.Frame`. Who has no joint at all is not seen.
        answer : bool
            False for a frame of a backlog: it is taken in, and the answer is left to the frames that follow.

        Returns
        -------
        Update

        Raises
        ------
        ValueError
            A frame that cannot be one of this stream; nothing of it is kept.
        CoreError
            Of a core. The frame was taken in; the next hop asks again.
        """
        arrived = clock.perf_counter()
        frame = Frame(time=time, people=self._checked(people))
        kind = self._window.add(frame)
        self.pushed += 1
        left: list[int | str] = []
        if kind == "double":
            self.doubles += 1
            return Update(kind=kind)
        if kind == "restart":
            self.restarts += 1
            left = self._people.forget()
        refused = self._people.seen(time, frame.people)
        self.refused += len(refused)
        if kind == "late":
            self.late += 1
            return Update(kind=kind, refused=tuple(refused))
        left += self._people.leave(time)
        groups = self._people.groups()
        self._smoothing = {group: kept for group, kept in self._smoothing.items() if group in groups}
        self._since += 1
        answers: list[Answer] = []
        if answer and self._since >= self.config.hop:
            self._since = 0
            answers = [found for group in groups if (found := self._answer(time, group, arrived)) is not None]
            self.answered += len(answers)
        return Update(kind=kind, answers=tuple(answers), left=tuple(left), refused=tuple(refused))

    def _checked(self, people: Mapping[int | str, np.ndarray]) -> dict[int | str, np.ndarray]:
        """``people`` without those who have no joint."""
        shape = (self.networks[0].joints, len(self.networks[0].values) + (not self.networks[0].values.endswith("s")))
        seen = {}
        for person, joints in people.items():
            if isinstance(person, bool) or not isinstance(person, int | str):
                raise ValueError(f"people must have identities that are integers or texts, not {person!r}")
            joints = np.array(joints, np.float64)
            if joints.shape != shape:
                raise ValueError(f"person {person!r} must have joints of the shape (joint, channel and score) = "
                                 f"{shape}, not {joints.shape}")
            if not np.isfinite(joints).all():
                raise ValueError(f"person {person!r} must have finite joints; one that is missing has the score 0")
            if (joints[:, -1] > 0).any():
                seen[person] = joints
        return seen

    def _answer(self, time: float, group: tuple[int | str, ...], arrived: float) -> Answer | None:
        """Answer about a group; ``None`` where there is too little to see yet, or nothing new."""
        span = self._window.span(group)
        if span is None or span.times[-1] < time or span.times[-1] - span.times[0] < self.config.begin:
            return None
        spans = [span]
        for seconds in self.config.windows[-2::-1]:
            shorter = self._window.span(group, seconds)
            if shorter is not None and len(shorter.times) < len(spans[-1].times):  # else it is the same clip
                spans.append(shorter)
        logits, flags = np.zeros(len(self.labels)), []
        total = sum(network.weight for network in self.networks) * len(spans)
        of_parts: list[np.ndarray] = []
        for network, order in zip(self.networks, self._orders):
            clips = [network.classify(clip) for clip in spans]
            for clip in clips:
                logits += clip.logits[order] * (network.weight / total)
                flags += [flag for flag in clip.flags if flag not in flags]
            of_parts += (list(np.mean([clip.streams for clip in clips], axis=0)[:, order]) if network.streams else
                         [np.mean([clip.logits for clip in clips], axis=0)[order]])
        smoothing = self._smoothing.setdefault(group, Smoothing(self.config.smooth))
        probabilities = smoothing.add(time, softmax(logits))
        best = int(np.argmax(probabilities))
        label = self.labels[best] if probabilities[best] >= self.config.threshold else None
        return Answer(time=time, people=group, label=label, best=best, probabilities=probabilities,
                      logits=logits, streams=dict(zip(self.parts, of_parts)),
                      seconds=float(span.times[-1] - span.times[0]), latency=clock.perf_counter() - arrived,
                      flags=tuple(flags))
