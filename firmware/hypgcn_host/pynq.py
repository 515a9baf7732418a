"""The core in a PYNQ overlay: a register window and an AXI DMA in direct register mode.

>>> overlay = pynq.Overlay("system.bit")
>>> registers = pynq.MMIO(overlay.ip_dict["hypgcn"]["phys_addr"], 4096)
>>> core = Core.open(PynqBus(registers, overlay.dma, pynq.allocate), design.hash)

Needs no PYNQ itself: its arguments only have to behave as those of PYNQ 2.6, 2.7, 3.0 and 3.1 do, by the sources of
these releases. Registers of the DMA: PG021, "AXI DMA Register Address Map".
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from .errors import BusError, BusTimeout, CoreError

__all__ = ["PynqBus"]

SEND, RECEIVE = 0x00, 0x30  # registers of the two directions; each starts with control and status
CONTROL, STATUS = 0x00, 0x04
RUN, RESET = 0x1, 0x4  # of control; a reset of one direction resets both
HALTED = 0x1  # of status
FAILURES = {
    0x10: "internal error: a packet was longer than its buffer, or memory could not be written",
    0x20: "slave error: the memory refused an access",
    0x40: "decode error: there is no memory at the buffer's address",
}
"""By bit of the status."""


class PynqBus:
    """Registers and streams as :class:`~hypgcn_host.core.Bus`.

    Parameters
    ----------
    registers
        As ``pynq.MMIO``: ``read(offset)``, ``write(offset, value)``.
    dma
        As ``pynq.lib.dma.DMA``: ``sendchannel``, ``recvchannel``, ``buffer_max_size``, ``description``, and ``read``,
        ``write`` of its own registers.
    allocate
        As ``pynq.allocate``: makes a buffer that the DMA can reach, of a shape and a ``dtype``.

    Raises
    ------
    BusError
        When the DMA was built without one of the two directions, with scatter-gather or in micro mode.
    """

    def __init__(self, registers, dma, allocate):
        self.registers, self.dma, self._allocate = registers, dma, allocate
        self._parameters = getattr(dma, "description", {}).get("parameters", {})
        self._buffers: dict[str, Any] = {}  # arrays with freebuffer()
        self._in_flight = True  # a program before this one may have left it so
        if dma.sendchannel is None or dma.recvchannel is None:
            raise BusError("the DMA must have both directions, c_include_mm2s and c_include_s2mm")
        for name, what in (("c_include_sg", "scatter-gather"), ("c_micro_dma", "micro mode")):
            if int(self._parameters.get(name, 0)):
                raise BusError(f"the DMA must be in direct register mode: it was built with {what}, {name} must be 0")

    def read32(self, address: int) -> int:
        """One register."""
        with _core_errors("a register cannot be read"):
            return int(self.registers.read(address))

    def write32(self, address: int, value: int):
        """One register."""
        with _core_errors("a register cannot be written"):
            self.registers.write(address, int(value))

    def check_sizes(self, sent: int, received: int):
        """See :class:`~hypgcn_host.core.Bus`: packets must fit the length registers of the DMA."""
        limit = self.dma.buffer_max_size
        for name, size in (("clips", sent), ("results", received)):
            if size > limit:
                raise BusError(f"{name} of {size} bytes do not fit the length registers of the DMA, which end at "
                               f"{limit} bytes: build it with c_sg_length_width of at least {size.bit_length()}")

    def transfer(self, data: bytes | None, size: int, timeout: float) -> bytes:
        """See :class:`~hypgcn_host.core.Bus`; after a failure or an interruption the DMA has been reset."""
        end = time.monotonic() + timeout
        self.check_sizes(len(data or b""), size)
        with _core_errors("the DMA cannot be used"):
            if self._in_flight:
                self._reset(timeout)
            into = self._buffer("in", size) if size else None
            out = self._buffer("out", len(data)) if data else None
        try:
            with _core_errors("the DMA reported a failure"):
                return self._move(data, out, into, size, end)
        except CoreError:
            self._reset(timeout)
            raise
        except BaseException:  # Ctrl-C: it goes on, whatever becomes of the reset, which the next transfer repeats
            with suppress(CoreError):
                self._reset(timeout)
            raise

    def close(self):
        """Give the buffers back, after a reset where the DMA may still use them."""
        if self._buffers and self._in_flight:
            self._reset(1.0)
        for buffer in self._buffers.values():
            buffer.freebuffer()
        self._buffers.clear()

    def _move(self, data, out, into, size, end):
        self._in_flight = True
        received = b""
        if into is not None:
            self.dma.recvchannel.transfer(into, nbytes=size)
        if out is not None:
            out[:len(data)] = np.frombuffer(data, np.uint8)
            self.dma.sendchannel.transfer(out, nbytes=len(data))
            self._finish(self.dma.sendchannel, SEND, end, "the clip was not taken")
        if into is not None:
            self._finish(self.dma.recvchannel, RECEIVE, end, "no result came")
            received = into[:self.dma.recvchannel.transferred].tobytes()
        self._in_flight = False
        return received

    def _buffer(self, name, size):
        """A buffer that is kept for the next transfer, of at least ``size`` bytes."""
        if name in self._buffers and self._buffers[name].nbytes < size:
            self._buffers.pop(name).freebuffer()
        if name not in self._buffers:
            self._buffers[name] = self._allocate(shape=(size,), dtype=np.uint8)
        buffer, bits = self._buffers[name], int(self._parameters.get("c_addr_width", 64))
        if (last := buffer.physical_address + buffer.nbytes - 1) >> bits:
            raise BusError(f"a buffer at {buffer.physical_address:#x}..{last:#x} is out of reach of the DMA: build it "
                           f"with c_addr_width of at least {last.bit_length()}, not {bits}")
        return buffer

    def _finish(self, channel, offset, end, what):
        """Wait, with an end; PYNQ's own wait has none, but returns at once when the channel is idle."""
        while not channel.idle:
            status = self.dma.read(offset + STATUS)
            if failures := [text for bit, text in FAILURES.items() if status & bit]:
                raise BusError(f"the DMA reported a failure: {', '.join(failures)}")
            if status & HALTED:
                raise BusError("the DMA was stopped by someone else")
            if time.monotonic() >= end:
                raise BusTimeout(what + " in time")
        channel.wait()

    def _reset(self, timeout):
        """Stop the transfers in flight; stopping a single channel would never end while its stream is stalled."""
        self._in_flight = True
        end = time.monotonic() + timeout
        with _core_errors("the DMA cannot be reset"):
            self.dma.write(SEND + CONTROL, RESET)
            self._wait_for(SEND + CONTROL, RESET, end)
            for channel, offset in ((self.dma.sendchannel, SEND), (self.dma.recvchannel, RECEIVE)):
                self.dma.write(offset + CONTROL, RUN)
                self._wait_for(offset + STATUS, HALTED, end)
                channel.start()  # would wait for ever for a channel that does not run
        self._in_flight = False

    def _wait_for(self, address, bit, end):
        """Wait until a bit is 0."""
        while self.dma.read(address) & bit:
            if time.monotonic() >= end:
                raise BusTimeout("the DMA's reset did not end in time")


@contextmanager
def _core_errors(what: str) -> Iterator[None]:
    """Every exception inside is a :exc:`CoreError`; PYNQ raises RuntimeError, ValueError, IndexError and others."""
    try:
        yield
    except CoreError:
        raise
    except Exception as error:
        raise BusError(f"{what}: {error or type(error).__name__}") from error
