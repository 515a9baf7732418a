"""One test case: a component, what goes in, and what must come out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..stimuli.payload import describe, pack, width_of

__all__ = ["BEATS", "DESCRIPTION", "Case", "Responder", "Sink", "Source"]

DESCRIPTION = "case.json"
BEATS = "beats.npz"


@dataclass(kw_only=True)
class Source:
    """Beats for one input stream, or pulses for one input of one bit.

    Parameters
    ----------
    beats : sequence
        Payloads in order, as plain data; for a pulse, one item of any kind per pulse.
    needs : sequence of dict
        For each beat, what must have happened before it is offered: ``{name: count}`` of transfers of a stream, or of
        cycles in which an output of one bit was high. Empty for nothing.
    pulse : bool
        The member is a plain input of one bit.
    """

    beats: Sequence
    needs: Sequence[dict[str, int]] = ()
    pulse: bool = False


@dataclass(kw_only=True)
class Sink:
    """Expected beats of one output stream.

    Parameters
    ----------
    beats : sequence
        Payloads in order, as plain data.
    tensor : str
        Tensor that the payloads belong to, for messages.
    axes : sequence of (str, int or list of str)
        Name and length of each axis of the beats' order, the last one fastest; for messages. A list names the places
        of an axis and has its length.
    observe : bool
        The member is an observation port: ``valid`` and ``payload`` without ``ready``.
    ignore : sequence of str
        Fields at the top of the payload that are not compared.
    void : str or None
        A field of one bit; where it is set, only it and a field called ``last`` are compared.
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

    Parameters
    ----------
    response : str
        The response stream.
    words : sequence of (dict, dict)
        Response payload per request payload, both as plain data. Fields called ``tag`` are left out: the responder
        copies the tag of a request into its response.
    """

    response: str
    words: Sequence[tuple[dict, dict]]


@dataclass(kw_only=True)
class Case:
    """A test case that :mod:`hypgcn_sim.unit_tests.runner` can run.

    Parameters
    ----------
    name : str
        Name of the unit under test, unique in a run.
    component : callable
        Makes the component; called once.
    sources : dict of str to Source
        By member of the component. The name of an element of an array of streams is the member's own: ``"rsp0"``.
    sinks : dict of str to Sink
        By member of the component, as for ``sources``.
    responders : dict of str to Responder
        By request stream.
    events : sequence of str
        Outputs of one bit whose high cycles are counted for ``needs``.
    signals : dict of str to int
        Constant values of plain inputs.
    levels : dict of str to int
        Values that plain outputs must have at the end.
    idle : float, 0 <= idle < 1
        Chance per cycle that a source is idle.
    stall : float, 0 <= stall < 1
        Chance per cycle that a sink is not ready.
    seed : int
        Seed of all random numbers of the run.
    timeout : int
        Cycles without a transfer after which the run fails.
    clips : int
        Whole clips that pass through, for the summary.
    real_clips : int
        Recorded ones among them.
    module : str
        The cocotb module that runs the case.
    """

    name: str
    component: Callable[[], Any]
    sources: dict[str, Source]
    sinks: dict[str, Sink]
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
        """Write what the cocotb module reads, ``case.json`` and ``beats.npz``, into ``folder``.

        Parameters
        ----------
        folder : Path
            Is made where it is missing.
        component : wiring.Component
            What :attr:`component` made: its members give the layouts.

        Raises
        ------
        ValueError
            When a beat does not fit its layout, or ``needs`` are not one per beat.
        """
        arrays: dict[str, np.ndarray] = {}
        members: dict[str, dict] = {}

        def stream(name, beats=()):
            shape = describe(getattr(component, name).payload.shape())
            members[name] = {"shape": shape, "width": width_of(shape)}
            arrays[name] = _to_bytes([pack(shape, beat) for beat in beats], width_of(shape))
            return members[name]

        for name, source in self.sources.items():
            if source.pulse:
                members[name] = {}
                arrays[name] = np.zeros((len(source.beats), 0), np.uint8)
            else:
                stream(name, source.beats)
            if len(source.needs) not in (0, len(source.beats)):
                raise ValueError(
                    f"needs of {name} must be one per beat ({len(source.beats)}) or none, not {len(source.needs)}"
                )
            members[name] |= {"role": "pulse" if source.pulse else "source", "needs": list(source.needs)}
        for name, sink in self.sinks.items():
            stream(name, sink.beats).update(
                role="monitor" if sink.observe else "sink", tensor=sink.tensor, axes=list(sink.axes),
                ignore=list(sink.ignore), void=sink.void)
        for name, responder in self.responders.items():
            request, response = stream(name), stream(responder.response)
            words = [[pack(request["shape"], key), pack(response["shape"], word)] for key, word in responder.words]
            request.update(role="request", response=responder.response, tag=_tag_field(request["shape"]),
                           words=[[hex(key), hex(word)] for key, word in words])
            response.update(role="response", tag=_tag_field(response["shape"]))
        description = {
            "name": self.name, "members": members, "events": list(self.events), "signals": self.signals,
            "levels": self.levels, "idle": self.idle, "stall": self.stall, "seed": self.seed, "timeout": self.timeout,
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DESCRIPTION).write_text(json.dumps(description), encoding="utf-8", newline="\n")
        np.savez_compressed(folder / BEATS, **arrays)  # type: ignore[arg-type]

    def ports(self) -> list[str]:
        """Names, in the emitted top module, of all ports that the testbench reads or drives."""
        names = ["clk", "rst", *self.signals, *self.levels, *self.events]
        streams = [*(name for name, source in self.sources.items() if not source.pulse), *self.sinks, *self.responders,
                   *(responder.response for responder in self.responders.values())]
        names += [name for name, source in self.sources.items() if source.pulse]
        for name in streams:
            observe = name in self.sinks and self.sinks[name].observe
            names += [f"{name}__{part}" for part in ("payload", "valid", *(() if observe else ("ready",)))]
        return names


def _tag_field(shape: dict) -> list[int] | None:
    """Offset and width of the field ``tag``, ``None`` without one."""
    for name, offset, inner in shape.get("struct", ()):
        if name == "tag":
            return [offset, width_of(inner)]
    return None


def _to_bytes(values: list[int], width: int) -> np.ndarray:
    """One row of little-endian bytes per value."""
    size = max(1, -(-width // 8))
    return np.frombuffer(b"".join(value.to_bytes(size, "little") for value in values), np.uint8).reshape(-1, size)
