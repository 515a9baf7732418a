"""The PYNQ back end on objects that behave as PYNQ's do."""

import numpy as np
import pytest
from firmware.c_driver import FakeCore
from firmware.test_host import CLIP, HASH, PythonBus

from hypgcn_host import BusError, BusTimeout, Core
from hypgcn_host.pynq import DMA_CONTROL, DMA_RESET, PynqBus


class Buffer(np.ndarray):
    """What ``pynq.allocate`` gives."""

    def freebuffer(self):
        Buffer.freed += 1

    freed = 0


def allocate(shape, dtype):
    return np.zeros(shape, dtype).view(Buffer)


class Channel:
    """A direction of the DMA: ``idle`` once its transfer is done."""

    def __init__(self, dma):
        self.dma, self.running, self.idle, self.error, self.transferred = dma, True, True, False, 0
        self.count = 0

    def transfer(self, array, start=0, nbytes=0):
        if not self.running:
            raise RuntimeError("DMA channel not started")
        if not self.idle:
            raise RuntimeError("DMA channel not idle")
        self.buffer, self.size, self.idle, self.count = array, nbytes, False, self.count + 1
        self.dma.move()

    def wait(self):
        if self.error:
            raise RuntimeError("DMA Internal Error (transfer length 0?)")
        if not self.idle:
            raise AssertionError("wait would last for ever")

    def start(self):
        self.running = True
        self.dma.log.append("start")


class Dma:
    """Moves bytes between the channels and a fake core."""

    def __init__(self, fake):
        self.bus, self.log = PythonBus(fake), []
        self.stuck, self.reset_sticks = False, False
        self.sendchannel, self.recvchannel = Channel(self), Channel(self)

    def move(self):
        send, receive = self.sendchannel, self.recvchannel
        if self.stuck:
            return
        content = None
        if not send.idle:
            content = bytes(send.buffer[:send.size])
            send.idle = True
            if receive.count < send.count:
                raise AssertionError("the receiver must be ready first")
            if receive.idle:  # it has been filled by something older
                self.bus.transfer(content, 0, 1)
        if not receive.idle:
            if content is None and not self.bus.fake.packets:
                return
            try:
                found = self.bus.transfer(content, receive.size, 1)
            except BusTimeout:
                return
            receive.buffer[:len(found)] = np.frombuffer(found, np.uint8)
            receive.transferred, receive.idle = len(found), True

    def write(self, offset, value):
        self.log.append((offset, value))
        for channel in (self.sendchannel, self.recvchannel):
            channel.idle, channel.error, channel.running = True, False, False

    def read(self, offset):
        return DMA_RESET if self.reset_sticks else 0


class Registers:
    """``pynq.MMIO``."""

    def __init__(self, fake):
        self.bus = PythonBus(fake)

    def read(self, offset):
        return self.bus.read32(offset)

    def write(self, offset, value):
        self.bus.write32(offset, value)


def opened():
    fake = FakeCore()
    dma = Dma(fake)
    bus = PynqBus(Registers(fake), dma, allocate)
    return fake, dma, bus, Core.open(bus, HASH, timeout=0.02)


def test_clips():
    fake, dma, bus, core = opened()
    for clip in (CLIP, -CLIP):
        assert core.classify(clip).scores.tolist() == [clip.sum(), -clip.sum()]
    fake.packets = []
    bus.close()
    assert Buffer.freed == 2


def test_buffers_grow():
    _, _, bus, core = opened()
    core.classify(CLIP)
    before = Buffer.freed
    bus._buffer("out", 1000)
    assert Buffer.freed == before + 1
    core.classify(CLIP)


def test_rest_of_an_older_result():
    fake, _, _, core = opened()
    core.reset(source_too=True)
    fake.packets = [b"\1\2\3\4"]
    assert core.classify(CLIP).argmax == 0


def test_no_result_resets_the_dma():
    fake, dma, _, core = opened()
    fake.silent = True
    with pytest.raises(BusTimeout, match="no result came in time"):
        core.classify(CLIP)
    assert dma.log == [(DMA_CONTROL, DMA_RESET), "start", "start"]
    fake.silent, fake.packets = False, []
    core.reset(source_too=True)
    assert core.classify(CLIP).argmax == 0


def test_clip_that_is_not_taken():
    _, dma, _, core = opened()
    dma.stuck = True
    with pytest.raises(BusTimeout, match="the clip was not taken in time"):
        core.classify(CLIP)


def test_failure_of_the_dma():
    _, dma, _, core = opened()
    dma.recvchannel.error = True
    with pytest.raises(BusError, match="the DMA reported a failure: DMA Internal Error"):
        core.classify(CLIP)
    assert (DMA_CONTROL, DMA_RESET) in dma.log


def test_reset_of_the_dma_that_does_not_end():
    fake, dma, _, core = opened()
    fake.silent, dma.reset_sticks = True, True
    with pytest.raises(BusTimeout, match="the DMA's reset did not end in time"):
        core.classify(CLIP)
