"""The core behind a bus: identity, clips, counters, resets.

>>> core = Core.open(bus, design.hash)
>>> result = core.classify(clip)          # (person, frame, joint, channel), see hypgcn.design.clip.quantise_clip
>>> result.argmax, result.flags
(3, ())
"""

import time
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from .answers import BlockCounters, Counters, Identity, Result, flag_names
from .errors import AbiError, BusTimeout, HashError, IdentityError, ResultError, ShapeError
from .registers import (
    ABI,
    ENSEMBLE_ABI,
    FIELDS,
    FLAGS,
    MAGIC,
    MAX_BLOCKS,
    MAX_STREAMS,
    OFFSETS,
    STRIDES,
    TRAILER,
)

__all__ = ["Bus", "Core"]

STALE_PACKETS = 2
"""Packets that may be at the pins from before a reset: one that was cut off, the rest of one that was given up."""


class Bus(Protocol):
    """Access to one core; failures are :exc:`~hypgcn_host.errors.BusError` and
    :exc:`~hypgcn_host.errors.BusTimeout`.

    ``transfer`` sends ``data`` as one packet and receives one of at most ``size`` bytes; the receiver is ready before
    the first byte is sent. ``None`` and 0 leave one of the two out. After ``timeout`` seconds it gives up. However it
    ends, by a failure or Ctrl-C too, nothing is left in flight and the next call works.

    A bus may also have ``now()``, the seconds that its timeouts are in, where that is not the clock of the host, and
    ``check_sizes(sent, received)``, which raises :exc:`~hypgcn_host.errors.BusError` where it cannot transfer packets
    of at most so many bytes.
    """

    def read32(self, address: int) -> int: ...
    def write32(self, address: int, value: int) -> None: ...
    def transfer(self, data: bytes | None, size: int, timeout: float) -> bytes: ...


class Core:
    """One core, one caller at a time. Every wait ends after ``timeout`` seconds.

    Parameters
    ----------
    bus : Bus
        See :class:`Bus`.
    timeout : float
        Of a clip and of every wait for a register, more than 0.
    """

    identity: Identity

    def __init__(self, bus: Bus, *, timeout: float = 1.0):
        if not timeout > 0:
            raise ValueError(f"timeout must be more than 0, not {timeout!r}")
        self.bus, self.timeout = bus, timeout
        self._now = getattr(bus, "now", time.monotonic)
        self._interrupted = False  # a clip was begun and its result did not come
        self._next_clip = 0
        self._stale = STALE_PACKETS

    @classmethod
    def open(cls, bus: Bus, hash: str | None = None, *, timeout: float = 1.0) -> "Core":
        """The core behind ``bus``, checked, reset and ready; see :meth:`identify` for the checks."""
        core = cls(bus, timeout=timeout)
        core.identify(hash)
        core.reset(source_too=True)
        core.errors(clear=True)
        return core

    def identify(self, hash: str | None = None) -> Identity:
        """Check that this is a core of ours, of this register description, and of the design with ``hash`` (at least
        16 digits) if one is given; writes nothing."""
        if hash is not None and len(hash) < 16:
            raise ValueError(f"hash must have at least 16 digits, not {hash!r}")
        if (magic := self.read("MAGIC")) != MAGIC:
            raise IdentityError(f"there is no hypgcn core at this address: MAGIC must be {MAGIC:#010x}, not "
                                f"{magic:#010x}")
        version = self.fields("VERSION")
        if version["abi"] not in (ABI, ENSEMBLE_ABI):
            raise AbiError(f"the core's registers are version {version['abi']}, this driver knows {ABI} and "
                           f"{ENSEMBLE_ABI}")
        actual = f"{self.read('HASH_HIGH'):08x}{self.read('HASH_LOW'):08x}"
        if hash is not None and hash[:16].lower() != actual:
            raise HashError(f"the core was made from the design {actual}, not {hash[:16]}")
        names = [*self.fields("SHAPE_0").items(), *self.fields("SHAPE_1").items(), *self.fields("NETWORK").items()]
        shape: dict[str, Any] = dict(names)
        identity = Identity(hash=actual, version="{major}.{minor}.{patch}".format(**version), **shape)
        if version["abi"] == ENSEMBLE_ABI:
            identity = replace(identity, stream_blocks=self._stream_blocks(identity))
        clip_bytes = self.read("CLIP_BYTES")
        if clip_bytes == 2 * identity.clip_bytes:
            identity = replace(identity, element_bytes=2)
        if not 0 < identity.clip_bytes == clip_bytes or not identity.classes or not 1 <= identity.blocks <= MAX_BLOCKS:
            raise ShapeError(f"the shape that the core reports is impossible: {identity}, clips of {clip_bytes} "
                             f"bytes")
        if check_sizes := getattr(self.bus, "check_sizes", None):
            check_sizes(identity.clip_bytes, identity.result_bytes)
        self.identity = identity
        return identity

    def _stream_blocks(self, identity: Identity) -> tuple[int, ...]:
        """Blocks of each network of an ensemble."""
        blocks = [count for word in range(MAX_STREAMS // 4) for count in self.fields(f"STREAMS_{word}").values()]
        found = tuple(count for count in blocks if count)
        if len(found) < 2 or any(blocks[len(found):]) or sum(found) != identity.blocks:
            raise ShapeError(f"the networks that the core reports are impossible: {', '.join(map(str, blocks))} "
                             f"blocks, {identity.blocks} together")
        return found

    def classify(self, clip) -> Result:
        """Scores of a clip of ``identity.shape`` and ``identity.dtype``.

        After a failure or Ctrl-C the next call begins with a reset.
        """
        clip = np.asarray(clip)
        if clip.dtype != self.identity.dtype:
            raise TypeError(f"clip must be {self.identity.dtype}, not {clip.dtype}")
        if clip.shape != self.identity.shape:
            raise ValueError(f"clip must have shape {self.identity.shape}, not {clip.shape}")
        size = self.identity.result_bytes
        if self._interrupted:
            self.reset(source_too=True)
        self._interrupted = True
        self.write("CONTROL", FIELDS["CONTROL"]["start"][0])
        words = self.bus.transfer(clip.tobytes(), size, self.timeout)
        while (result := self._decode(words)) is None:
            if not self._stale:
                raise ResultError(f"what came back is not the result of clip {self._next_clip}: {len(words)} bytes, "
                                  f"ending with {words[-4 * len(TRAILER):].hex(' ', 4)}")
            self._stale -= 1
            words = self.bus.transfer(None, size, self.timeout)
        self._next_clip = (self._next_clip + 1) % 2 ** 32
        self._stale, self._interrupted = 0, False
        return result

    def _decode(self, content: bytes) -> Result | None:
        """The result that is due, ``None`` when ``content`` is something else."""
        classes = self.identity.classes
        if len(content) != self.identity.result_bytes:
            return None
        words = np.frombuffer(content, "<i4").astype(np.int64)
        scores = words[:-len(TRAILER)].reshape(-1, classes)
        trailer = {name: int(word) % 2 ** 32 for name, word in zip(TRAILER, words[-len(TRAILER):])}
        if trailer["flags"] & FLAGS["aborted"] or trailer["clip"] != self._next_clip or trailer["argmax"] >= classes:
            return None
        return Result(scores=scores[0], streams=scores[1:], argmax=trailer["argmax"], clip=trailer["clip"],
                      flags=flag_names(trailer["flags"]))

    def counters(self, *, clear: bool = False) -> Counters:
        """All counters at this moment; ``clear`` : those of the blocks' cycles start from 0 in the same cycle."""
        bits = FIELDS["SNAPSHOT"]
        self.write("SNAPSHOT", bits["take"][0] | (bits["clear"][0] if clear else 0))
        blocks = tuple(BlockCounters(**{name: self.read(f"BLOCK_{name.upper()}", block)
                                        for name in ("busy", "starved", "blocked", "overflow")})
                       for block in range(self.identity.blocks))
        return Counters(cycles=self.read("CYCLES_HIGH") << 32 | self.read("CYCLES_LOW"), blocks=blocks,
                        **{name: self.read(name.upper()) for name in ("clips_in", "clips_out", "clip_cycles")})

    def errors(self, *, clear: bool = False) -> tuple[str, ...]:
        """Sticky errors; ``clear`` : those that were read."""
        word = self.read("ERRORS")
        if clear and word:
            self.write("ERRORS", word)
        return flag_names(word)

    def reset(self, *, source_too: bool = False):
        """Soft reset; ``source_too`` : what sends clips was stopped in one, its rest will not come."""
        bits = FIELDS["RESET"]
        self.write("RESET", bits["core"][0] | (bits["input"][0] if source_too else 0))
        self._next_clip, self._stale = 0, STALE_PACKETS
        self.wait("RESET", "core", 0)
        self._interrupted = self._interrupted and not source_too

    def wait_idle(self):
        """Wait until no clip and no result is in flight."""
        self.wait("CONTROL", "idle", 1)

    def set_threshold(self, raise_by: int):
        """Raise all activation thresholds by 0..127 for the clips that follow."""
        mask, shift = FIELDS["THRESHOLD"]["raise"]
        if not 0 <= raise_by <= mask >> shift:
            raise ValueError(f"raise_by must be in 0..{mask >> shift}, not {raise_by!r}")
        self.write("THRESHOLD", raise_by << shift)

    def enable_interrupts(self, *events: str):
        """Let ``done``, ``ready``, ``error`` raise the interrupt output; none disables it."""
        known = FIELDS["INTERRUPT_ENABLE"]
        if unknown := [event for event in events if event not in known]:
            raise ValueError(f"events must be of {', '.join(known)}, not {', '.join(unknown)}")
        self.write("INTERRUPT_ENABLE", sum(known[event][0] for event in set(events)))
        self.write("INTERRUPT_GLOBAL", FIELDS["INTERRUPT_GLOBAL"]["enable"][0] if events else 0)

    def take_interrupts(self) -> tuple[str, ...]:
        """Events since the last call."""
        word = self.read("INTERRUPT_STATUS")
        self.write("INTERRUPT_STATUS", word)
        return tuple(name for name, (mask, _) in FIELDS["INTERRUPT_STATUS"].items() if word & mask)

    def read(self, name: str, block: int = 0) -> int:
        """A register, or its word of a block."""
        return self.bus.read32(OFFSETS[name] + block * STRIDES.get(name, 0))

    def write(self, name: str, value: int):
        """A register."""
        self.bus.write32(OFFSETS[name], value)

    def fields(self, name: str) -> dict[str, int]:
        """All fields of a register."""
        word = self.read(name)
        return {field: (word & mask) >> shift for field, (mask, shift) in FIELDS[name].items()}

    def wait(self, name: str, field: str, expected: int):
        """Wait until a field has a value; :exc:`BusTimeout` when it does not get it."""
        end = self._now() + self.timeout
        while (value := self.fields(name)[field]) != expected:
            if self._now() >= end:
                raise BusTimeout(f"{name}.{field} is {value} and not {expected} after {self.timeout} s")
