"""A model of PYNQ's objects over the registers of an AXI DMA, with a fake core between its two streams.

Registers behave as PG021 (AXI DMA 7.1, direct register mode) describes them, the two channels as the source of
``pynq/lib/dma.py`` of PYNQ 2.6 to 3.1 drives them, buffers as ``pynq/buffer.py``: memory and cache are two copies.
"""

import ctypes

import numpy as np
from firmware.c_driver import FakeCore
from firmware.test_host import PythonBus

HALTED, IDLE, INTERNAL = 0x1, 0x2, 0x10
ENDLESS = 1000
"""Polls after which a wait without an end fails its test."""


class Misuse(BaseException):
    """What would hang or destroy something on a board; no exception that a driver may take for one of PYNQ's."""


class Buffer(np.ndarray):
    """``PynqBuffer``: what the program sees is a cache of ``memory``, which the DMA sees."""

    def flush(self):
        self.memory[:] = self

    def invalidate(self):
        self[:] = self.memory

    def freebuffer(self):
        self.owner.free(self)


class Direction:
    """Registers of one direction of the DMA."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.status, self.address, self.length, self.busy = HALTED, 0, 0, False


class Machine:
    """Memory, AXI DMA and core of a board.

    Attributes
    ----------
    log : list
        Accesses to the DMA's registers: ``("read", offset)`` and ``("write", offset, value)``.
    before : callable
        Called before every access to the DMA's registers; may raise.
    stuck : bool
        The core takes nothing.
    reset_lasts : int
        Reads of the control register for which a reset lasts.
    """

    def __init__(self, *, length_bits=26, base=0x1000_0000, **parameters):
        self.core = FakeCore()
        self.length_mask, self.address_mask = (1 << length_bits) - 1, (1 << parameters.get("c_addr_width", 64)) - 1
        self.parameters = {"c_include_sg": "0", "c_micro_dma": "0", "c_sg_length_width": str(length_bits),
                           **{name: str(value) for name, value in parameters.items()}}
        self.directions = {0x00: Direction(), 0x30: Direction()}
        self.buffers, self.base, self.freed = [], base, 0
        self.log, self.before, self.stuck, self.reset_lasts, self.resetting = [], lambda: None, False, 0, 0

    def allocate(self, shape, dtype):
        buffer = np.zeros(shape, dtype).view(Buffer)
        buffer.memory, buffer.owner, buffer.physical_address = np.zeros(shape, dtype), self, self.base
        self.buffers.append(buffer)
        self.base += -(-buffer.nbytes // 4096) * 4096
        return buffer

    def free(self, buffer):
        if any(direction.busy for direction in self.directions.values()):
            raise Misuse("memory was freed while the DMA may use it")
        self.buffers = [each for each in self.buffers if each is not buffer]
        self.freed += 1

    def read(self, offset):
        self.before()
        self.log.append(("read", offset))
        if offset in (0x00, 0x30):
            self.resetting = max(0, self.resetting - 1)
            return 4 * (self.resetting > 0)
        direction, register = self.direction(offset)
        self.run()
        return direction.status if register == 0x04 else direction.length

    def write(self, offset, value):
        if type(value) is not int:
            raise ValueError("Data type must be int or bytes.")
        self.before()
        self.log.append(("write", offset, value))
        direction, register = self.direction(offset)
        if register == 0x00 and value & 4:
            for each in self.directions.values():
                each.clear()
            self.resetting = self.reset_lasts
        elif register == 0x00 and value & 1:
            direction.status &= ~HALTED
        elif register == 0x00:  # it stops at the end of the transfer, so never while the stream is stalled
            direction.status |= 0 if direction.busy else HALTED
        elif register == 0x18:
            direction.address = value
        elif register == 0x1c:
            direction.address = (direction.address | value << 32) & self.address_mask
        elif register == 0x28 and not direction.status & HALTED:
            direction.length, direction.busy = value & self.length_mask, True
            direction.status &= ~IDLE

    def direction(self, offset):
        """(direction, register) of an offset."""
        return self.directions[offset // 0x30 * 0x30], offset % 0x30

    def memory(self, direction):
        """What is at a direction's address, of the length of its transfer."""
        for buffer in self.buffers:
            start = direction.address - buffer.physical_address
            if 0 <= start < buffer.nbytes:
                return buffer.memory[start:start + direction.length]
        raise Misuse(f"a transfer to memory that is nobody's: {direction.address:#x}")

    def run(self):
        """Move what can be moved."""
        send, receive = self.directions[0x00], self.directions[0x30]
        if send.busy and not self.stuck:
            PythonBus(self.core).transfer(self.memory(send).tobytes(), 0, 1)
            send.busy, send.status = False, IDLE
        if receive.busy and self.core.packets and not self.core.silent:
            content, area = self.core.packets.pop(0), self.memory(receive)
            if len(content) > len(area):
                receive.busy, receive.status = False, HALTED | INTERNAL
            else:
                area[:len(content)] = np.frombuffer(content, np.uint8)
                receive.length, receive.busy, receive.status = len(content), False, IDLE

    def fail(self, offset, bit):
        """End a direction's transfers with a failure."""
        self.directions[offset].status, self.directions[offset].busy = HALTED | bit, False


class Channel:
    """``_SDMAChannel``."""

    def __init__(self, machine, offset, largest):
        self._machine, self._offset, self._largest = machine, offset, largest
        self.transferred, self._buffer = 0, None
        self.start()

    def _status(self):
        return self._machine.read(self._offset + 4)

    @property
    def running(self):
        return not self._status() & HALTED

    @property
    def idle(self):
        return bool(self._status() & IDLE)

    @property
    def error(self):
        return bool(self._status() & 0x70)

    def _poll(self, ready):
        for _ in range(ENDLESS):
            if ready():
                return
        raise Misuse("PYNQ would wait for ever")

    def start(self):
        self._machine.write(self._offset, 0x1001)
        self._poll(lambda: self.running)
        self._first = True

    def stop(self):
        self._machine.write(self._offset, 0)
        self._poll(lambda: not self.running)

    def transfer(self, array, start=0, nbytes=0):
        if not self.running:
            raise RuntimeError("DMA channel not started")
        if not self.idle and not self._first:
            raise RuntimeError("DMA channel not idle")
        if nbytes > self._largest:
            raise ValueError(f"Transfer size is {nbytes} bytes, which exceeds the maximum DMA buffer size")
        if self._offset == 0:
            array.flush()
        self.transferred = 0
        for register, word in ((0x18, array.physical_address & 0xffffffff), (0x1c, array.physical_address >> 32),
                               (0x28, nbytes)):
            self._machine.write(self._offset + register, word)
        self._buffer, self._first = array, False

    def wait(self):
        if not self.running:
            raise RuntimeError("DMA channel not started")
        self._poll(lambda: self.error or self.idle)
        if self.error:
            raise RuntimeError("DMA Internal Error (transfer length 0?)")
        if self._offset:
            self._buffer.invalidate()
        self.transferred, self._buffer = self._machine.read(self._offset + 0x28), None


class Dma:
    """``pynq.lib.dma.DMA``."""

    def __init__(self, machine, largest=None):
        self.read, self.write = machine.read, machine.write
        self.description = {"parameters": machine.parameters}
        self.buffer_max_size = machine.length_mask
        include = [int(machine.parameters.get(name, 1)) for name in ("c_include_mm2s", "c_include_s2mm")]
        self.sendchannel, self.recvchannel = (
            Channel(machine, offset, largest or machine.length_mask) if included else None
            for offset, included in zip((0x00, 0x30), include))


class Mmio:
    """``pynq.MMIO`` of the core's registers."""

    def __init__(self, machine, length=4096):
        self.bus, self.length = PythonBus(machine.core), length

    def _check(self, offset):
        if offset % 4:
            raise MemoryError("Unaligned: offset must be multiple of 4.")
        if offset >= self.length:
            raise IndexError(f"index {offset // 4} is out of bounds")

    def read(self, offset=0):
        self._check(offset)
        return self.bus.read32(offset)

    def write(self, offset, data):
        self._check(offset)
        if type(data) is not int:
            raise ValueError("Data type must be int or bytes.")
        self.bus.write32(offset, ctypes.c_uint32(data).value)
