"""The PYNQ back end on a model of PYNQ's objects and of the DMA's registers."""

import itertools

import numpy as np
import pytest
from firmware.pynq_model import Dma, Machine, Mmio
from firmware.test_host import CLIP, HASH

from hypgcn_host import BusError, BusTimeout, Core, CoreError
from hypgcn_host.pynq import FAILURES, PynqBus

LIMIT = 0.02
"""Seconds until a timeout of the host."""


def opened(*, largest=None, **options):
    """(machine, dma, bus, core) of a board that is ready."""
    machine = Machine(**options)
    dma = Dma(machine, largest)
    bus = PynqBus(Mmio(machine), dma, machine.allocate)
    return machine, dma, bus, Core.open(bus, HASH, timeout=LIMIT)


def check_works(core, clip=CLIP):
    assert core.classify(clip).scores.tolist() == [clip.sum(), -clip.sum()]


def check_idle(machine):
    """Both directions run, and neither has a transfer in flight."""
    assert not any(direction.busy or direction.status & 1 for direction in machine.directions.values())


def test_clips():
    machine, _, bus, core = opened()
    for clip in (CLIP, -CLIP):
        check_works(core, clip)
    check_idle(machine)
    lengths = [entry[1] for entry in machine.log if entry[0] == "write" and entry[1] in (0x28, 0x58)]
    assert lengths == [0x58, 0x28] * 2, "the receiver must be ready before anything is sent"
    bus.close()
    assert machine.freed == 2 and not machine.buffers


def test_buffers_grow():
    machine, _, bus, core = opened()
    check_works(core)
    assert bus.transfer(None, 0, LIMIT) == b"" and machine.freed == 0
    machine.core.packets = [bytes(100)]
    assert bus.transfer(None, 1000, LIMIT) == bytes(100)
    assert machine.freed == 1
    check_works(core)


def test_rest_of_an_older_result():
    machine, _, _, core = opened()
    core.reset(source_too=True)
    machine.core.packets = [b"\1\2\3\4"]
    check_works(core)


def test_no_result():
    machine, _, _, core = opened()
    machine.core.silent = True
    with pytest.raises(BusTimeout, match="no result came in time"):
        core.classify(CLIP)
    check_idle(machine)
    machine.core.silent, machine.core.packets = False, []
    check_works(core)


def test_clip_that_is_not_taken():
    machine, _, _, core = opened()
    machine.stuck = True
    with pytest.raises(BusTimeout, match="the clip was not taken in time"):
        core.classify(CLIP)
    check_idle(machine)
    machine.stuck = False
    check_works(core)


def test_clip_larger_than_the_length_register():
    """22,500 bytes at 14 bits would send 6,116 and report success."""
    machine, dma, bus, _ = opened(length_bits=14)
    machine.log.clear()
    with pytest.raises(BusError, match=r"clips of 22500 bytes .* length registers of the DMA, which end at 16383 bytes"
                                       r".* c_sg_length_width of at least 15"):
        bus.transfer(bytes(22500), 20, LIMIT)
    with pytest.raises(BusError, match="results of 16384 bytes"):
        bus.transfer(b"", 16384, LIMIT)
    assert not machine.log, "nothing may be armed"
    check_works(Core.open(bus, HASH, timeout=LIMIT))


def test_clip_larger_than_the_length_register_is_refused_when_opened():
    machine = Machine(length_bits=4)
    with pytest.raises(BusError, match="clips of 18 bytes do not fit"):
        Core.open(PynqBus(Mmio(machine), Dma(machine), machine.allocate), HASH)
    assert not [entry for entry in machine.core.log if entry[0] == "write"]


def test_refusal_after_the_receiver_was_armed():
    """PYNQ raises ValueError for sizes; whatever it raises, the direction that was armed before it is not left so."""
    machine, dma, _, core = opened()
    dma.sendchannel._largest = 10
    with pytest.raises(BusError, match="the DMA reported a failure: Transfer size is 18 bytes"):
        core.classify(CLIP)
    check_idle(machine)
    dma.sendchannel._largest = 100
    check_works(core)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RuntimeError, ValueError])
def test_exception_at_any_access(raised):
    """Ctrl-C or a failure at every access to the DMA, and once more in the reset that follows: the next call works."""
    at, ended = 0, False
    while not ended:
        for times in (1, 2):
            machine, _, _, core = opened()
            check_works(core)
            numbers = itertools.count()

            def before(numbers=numbers, planted=range(at, at + times)):
                if next(numbers) in planted:
                    raise raised("planted")

            machine.before = before
            try:
                core.classify(CLIP)
                ended = True  # all accesses were before this one
            except (KeyboardInterrupt, CoreError) as error:
                assert isinstance(error, KeyboardInterrupt) == (raised is KeyboardInterrupt)
            machine.before = lambda: None
            if times == 1:
                check_idle(machine)
            machine.core.packets = []
            check_works(core)
        at += 1
    assert at > 15


def test_interruption_while_waiting():
    machine, _, _, core = opened()
    polls = []

    def before():
        polls.append(None)
        if len(polls) == 50:
            raise KeyboardInterrupt

    machine.stuck, machine.before, core.timeout = True, before, 10
    with pytest.raises(KeyboardInterrupt):
        core.classify(CLIP)
    check_idle(machine)
    machine.stuck = False
    check_works(core)


@pytest.mark.parametrize("bit", FAILURES)
@pytest.mark.parametrize("offset", [0x00, 0x30])
def test_failure_of_the_dma(bit, offset):
    """A direction halts when it fails, so PYNQ's own text would be "DMA channel not started"."""
    machine, dma, _, core = opened()
    machine.stuck, machine.core.silent = offset == 0x00, True
    real = dma.sendchannel.transfer

    def transfer(array, start=0, nbytes=0):
        real(array, start, nbytes)
        machine.fail(offset, bit)

    dma.sendchannel.transfer = transfer
    with pytest.raises(BusError, match=f"the DMA reported a failure: {FAILURES[bit]}"):
        core.classify(CLIP)
    check_idle(machine)


def test_packet_that_is_too_long():
    machine, _, _, core = opened()
    core.reset(source_too=True)
    machine.core.packets = [bytes(400)]
    with pytest.raises(BusError, match="a packet was longer than its buffer"):
        core.classify(CLIP)
    machine.core.packets = []
    check_works(core)


def test_direction_that_someone_else_stopped():
    machine, _, _, core = opened()
    machine.before = lambda: machine.fail(0x30, 0) if machine.directions[0x30].busy else None
    machine.core.silent = True
    with pytest.raises(BusError, match="the DMA was stopped by someone else"):
        core.classify(CLIP)


def test_reset_of_the_dma_that_does_not_end():
    machine, _, _, core = opened()
    machine.core.silent, machine.reset_lasts = True, 10 ** 9
    with pytest.raises(BusTimeout, match="the DMA's reset did not end in time"):
        core.classify(CLIP)
    machine.reset_lasts, machine.core.silent, machine.core.packets = 3, False, []
    check_works(core)


def test_transfer_that_a_program_before_left_in_flight():
    machine = Machine()
    dma = Dma(machine)
    dma.recvchannel.transfer(machine.allocate(shape=(20,), dtype=np.uint8), nbytes=20)
    check_works(Core.open(PynqBus(Mmio(machine), Dma(machine), machine.allocate), HASH, timeout=LIMIT))


def test_buffers_are_not_freed_while_the_dma_may_use_them():
    machine, _, bus, core = opened()
    check_works(core)
    machine.core.silent, machine.reset_lasts = True, 10 ** 9
    with pytest.raises(BusTimeout):
        core.classify(CLIP)
    machine.reset_lasts = 0
    machine.directions[0x30].busy = True
    bus.close()
    assert machine.freed == 2


def test_memory_that_the_dma_does_not_reach():
    machine, _, _, core = opened(base=0x8_0000_1000, c_addr_width=32)
    machine.log.clear()
    with pytest.raises(BusError, match=r"0x800001000\.\..* out of reach .* c_addr_width of at least 36, not 32"):
        core.classify(CLIP)
    assert not [entry for entry in machine.log if entry[:2] == ("write", 0x58)], "nothing may be armed"


def test_no_memory():
    machine, _, bus, core = opened()
    bus._allocate, allocate = lambda **_: 1 / 0, bus._allocate
    with pytest.raises(BusError, match="the DMA cannot be used: division by zero"):
        core.classify(CLIP)
    bus._allocate = allocate
    check_works(core)


@pytest.mark.parametrize(("parameters", "text"), [
    ({"c_include_sg": 1}, "built with scatter-gather, c_include_sg must be 0"),
    ({"c_micro_dma": 1}, "built with micro mode, c_micro_dma must be 0"),
    ({"c_include_s2mm": 0}, "must have both directions"),
    ({"c_include_mm2s": 0}, "must have both directions"),
])
def test_dma_of_another_kind(parameters, text):
    machine = Machine(**parameters)
    with pytest.raises(BusError, match=text):
        PynqBus(Mmio(machine), Dma(machine), machine.allocate)


def test_window_that_is_too_small():
    machine = Machine()
    bus = PynqBus(Mmio(machine, 64), Dma(machine), machine.allocate)
    with pytest.raises(BusError, match="a register cannot be read: index 25 is out of bounds"):
        bus.read32(100)
    with pytest.raises(BusError, match="a register cannot be written: index 25 is out of bounds"):
        bus.write32(100, 1)
