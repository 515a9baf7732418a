"""One bench: a component, what goes in, and what must come out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..stimuli.payload import describe, pack, width_of

__all__ = ["Case", "Feed", "Output", "Responder"]

DESCRIPTION = "bench.json"
BEATS = "beats.npz"


@dataclass(kw_only=True)
class Feed:
    """Beats for one input stream, or pulses for one input of one bit.

    Parameters
    ----------
    beats : payloads in order; for a pulse, one item of any kind per pulse
    needs : for each beat, what must have happened before it is offered: ``{name: count}`` of transfers of a stream, or
        of cycles in which an output of one bit was high; empty for nothing
    pulse : the member is a plain input of one bit
    """

    beats: Sequence
    needs: Sequence[dict[str, int]] = ()
    pulse: bool = False


@dataclass(kw_only=True)
class Output:
    """What one output stream must give.

    Parameters
    ----------
    beats : payloads in order
    tensor : what the payloads are part of, for messages
    axes : (name, length) of the beats' order, last fastest; for messages; a list of names stands for their number
    observe : the member is an observation port, ``valid`` and ``payload`` without ``ready``
    ignore : fields at the top of the payload that are not compared
    void : a field of one bit; where it is set, no field but those called ``last`` is compared
    """

    beats: Sequence
    tensor: str
    axes: Sequence[tuple[str, int | list[str]]] = ()
    observe: bool = False
    ignore: Sequence[str] = ()
    void: str | None = None


@dataclass(kw_only=True)
class Responder:
    """A memory that answers a request stream on a response stream, in order.

    ``words``: response payload per request payload, both plain; fields called ``tag`` are left out and copied over.
    """

    response: str
    words: Sequence[tuple[dict, dict]]


@dataclass(kw_only=True)
class Case:
    """A bench that :mod:`hypgcn_sim.unit_tests.runner` can run.

    Parameters
    ----------
    name : of the bench, unique in a run
    component : makes the component; called once
    feeds, outputs : per member of the component; ``"rsp.0"`` is not one, use the member's own name, ``"rsp0"``
    responders : per request stream
    events : outputs of one bit whose high cycles are counted for ``needs``
    signals : values of plain inputs, all the time
    levels : values that plain outputs must have at the end
    idle, stall : chance per cycle that an input rests, that an output is not taken
    seed : of all chance in the bench
    timeout : cycles without a transfer after which the bench fails
    clips, real_clips : whole clips that run through, for the summary
    module : the cocotb module that runs it
    """

    name: str
    component: Callable[[], Any]
    feeds: dict[str, Feed]
    outputs: dict[str, Output]
    responders: dict[str, Responder] = field(default_factory=dict)
    events: Sequence[str] = ()
    signals: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    idle: float = 0.4
    stall: float = 0.4
    seed: int = 1
    timeout: int = 20_000
    clips: int = 0
    real_clips: int = 0
    module: str = "hypgcn_sim.unit_tests.testbench.stream"

    def write(self, folder: Path, component):
        """Write what the cocotb module reads, ``bench.json`` and ``beats.npz``, into ``folder``."""
        arrays: dict[str, np.ndarray] = {}
        members: dict[str, dict] = {}

        def stream(name, beats=()):
            shape = describe(getattr(component, name).payload.shape())
            members[name] = {"shape": shape, "width": width_of(shape)}
            arrays[name] = _to_bytes([pack(shape, beat) for beat in beats], width_of(shape))
            return members[name]

        for name, feed in self.feeds.items():
            if feed.pulse:
                members[name] = {}
                arrays[name] = np.zeros((len(feed.beats), 0), np.uint8)
            else:
                stream(name, feed.beats)
            if len(feed.needs) not in (0, len(feed.beats)):
                raise ValueError(
                    f"needs of {name} must be one per beat ({len(feed.beats)}) or none, not {len(feed.needs)}"
                )
            members[name] |= {"role": "pulse" if feed.pulse else "feed", "needs": list(feed.needs)}
        for name, output in self.outputs.items():
            stream(name, output.beats).update(
                role="observe" if output.observe else "output", tensor=output.tensor, axes=list(output.axes),
                ignore=list(output.ignore), void=output.void)
        for name, responder in self.responders.items():
            request, response = stream(name), stream(responder.response)
            words = [[pack(request["shape"], key), pack(response["shape"], word)] for key, word in responder.words]
            request.update(role="request", response=responder.response, tag=_tag(request["shape"]),
                           words=[[hex(key), hex(word)] for key, word in words])
            response.update(role="response", tag=_tag(response["shape"]))
        description = {
            "name": self.name, "members": members, "events": list(self.events), "signals": self.signals,
            "levels": self.levels, "idle": self.idle, "stall": self.stall, "seed": self.seed, "timeout": self.timeout,
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DESCRIPTION).write_text(json.dumps(description))
        np.savez_compressed(folder / BEATS, **arrays)  # type: ignore[arg-type]

    def ports(self) -> list[str]:
        """Names, in the emitted top module, of all ports that the bench touches."""
        names = ["clk", "rst", *self.signals, *self.levels, *self.events]
        streams = [*(name for name, feed in self.feeds.items() if not feed.pulse), *self.outputs, *self.responders,
                   *(responder.response for responder in self.responders.values())]
        names += [name for name, feed in self.feeds.items() if feed.pulse]
        for name in streams:
            observe = name in self.outputs and self.outputs[name].observe
            names += [f"{name}__{part}" for part in ("payload", "valid", *(() if observe else ("ready",)))]
        return names


def _tag(shape: dict) -> list[int] | None:
    """Offset and width of the field ``tag``."""
    for name, offset, inner in shape.get("struct", ()):
        if name == "tag":
            return [offset, width_of(inner)]
    return None


def _to_bytes(values: list[int], width: int) -> np.ndarray:
    """One row of little-endian bytes per value."""
    size = max(1, -(-width // 8))
    return np.frombuffer(b"".join(value.to_bytes(size, "little") for value in values), np.uint8).reshape(-1, size)
