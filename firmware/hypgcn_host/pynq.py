"""The core in a PYNQ overlay: a register window and an AXI DMA in direct register mode.

>>> overlay = pynq.Overlay("design.bit")
>>> bus = PynqBus(pynq.MMIO(overlay.ip_dict["hypgcn"]["phys_addr"], 4096), overlay.axi_dma, pynq.allocate)
>>> core = Core.open(bus, design.hash)

Needs no PYNQ itself: its arguments only have to behave as PYNQ's objects do.
"""

import time
from typing import Any

import numpy as np

from .errors import BusError, BusTimeout

__all__ = ["PynqBus"]

DMA_CONTROL, DMA_RESET = 0x00, 0x4  # of an AXI DMA; it resets both directions


class PynqBus:
    """Registers and streams as :class:`~hypgcn_host.core.Bus`.

    Parameters
    ----------
    registers
        As ``pynq.MMIO``: ``read(offset)``, ``write(offset, value)``.
    dma
        As ``pynq.lib.dma.DMA``: ``sendchannel``, ``recvchannel``, and ``read``, ``write`` of its own registers.
    allocate
        As ``pynq.allocate``: makes a buffer that the DMA can reach, of a shape and a ``dtype``.
    """

    def __init__(self, registers, dma, allocate):
        self.registers, self.dma, self._allocate = registers, dma, allocate
        self._buffers: dict[str, Any] = {}  # arrays with freebuffer()

    def read32(self, address: int) -> int:
        """One register."""
        return int(self.registers.read(address))

    def write32(self, address: int, value: int):
        """One register."""
        self.registers.write(address, int(value))

    def transfer(self, data: bytes | None, size: int, timeout: float) -> bytes:
        """See :class:`~hypgcn_host.core.Bus`; after a failure the DMA has been reset."""
        end = time.monotonic() + timeout
        into = self._buffer("in", size) if size else None
        try:
            if into is not None:
                self.dma.recvchannel.transfer(into, nbytes=size)
            if data:
                out = self._buffer("out", len(data))
                out[:len(data)] = np.frombuffer(data, np.uint8)
                self.dma.sendchannel.transfer(out, nbytes=len(data))
                self._finish(self.dma.sendchannel, end, "the clip was not taken")
            if into is None:
                return b""
            self._finish(self.dma.recvchannel, end, "no result came")
            return into[:self.dma.recvchannel.transferred].tobytes()
        except RuntimeError as error:  # what PYNQ raises for errors of the DMA
            self._reset(timeout)
            raise BusError(f"the DMA reported a failure: {error}") from error
        except BusTimeout:
            self._reset(timeout)
            raise

    def close(self):
        """Give the buffers back."""
        for buffer in self._buffers.values():
            buffer.freebuffer()
        self._buffers.clear()

    def _buffer(self, name, size):
        """A buffer that is kept for the next transfer, of at least ``size`` bytes."""
        if name in self._buffers and self._buffers[name].nbytes < size:
            self._buffers.pop(name).freebuffer()
        if name not in self._buffers:
            self._buffers[name] = self._allocate(shape=(size,), dtype=np.uint8)
        return self._buffers[name]

    @staticmethod
    def _finish(channel, end, what):
        """Wait, with an end; PYNQ's own wait has none, but returns at once when the channel is idle or has failed."""
        while not (channel.idle or channel.error):
            if time.monotonic() >= end:
                raise BusTimeout(what + " in time")
        channel.wait()

    def _reset(self, timeout):
        """Stop the transfers in flight; stopping a single channel would never end while its stream is stalled."""
        self.dma.write(DMA_CONTROL, DMA_RESET)
        end = time.monotonic() + timeout
        while self.dma.read(DMA_CONTROL) & DMA_RESET:
            if time.monotonic() >= end:
                raise BusTimeout("the DMA's reset did not end in time")
        self.dma.sendchannel.start()
        self.dma.recvchannel.start()
