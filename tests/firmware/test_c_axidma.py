"""The C driver's AXI DMA engine on a model of the DMA's registers: transfers, failures, and DMAs built otherwise."""

import shutil
from ctypes import byref, c_size_t, c_uint32

import pytest
from firmware.axidma_model import (
    ADDRESS,
    ADDRESS_HIGH,
    CONTROL,
    DECODE,
    DONE,
    INTERNAL,
    LENGTH,
    MM2S,
    RESET,
    RUN,
    S2MM,
    SLAVE,
    STATUS,
    AxiDma,
    Memory,
)
from firmware.c_driver import Bus, build, code, load
from firmware.devices import CLOCK, IO_READ, IO_WRITE, Io, Limits, declare

TX, RX = 0x8_0000_1000, 0x8_0000_8000


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not shutil.which("gcc"):
        pytest.skip("no C compiler: gcc is not on the path")
    return declare(load(build(tmp_path_factory.mktemp("driver"))))


class Engine:
    """The engine on a DMA that answers every packet with its first bytes, after :meth:`probe`."""

    def __init__(self, library, *, start=0, alignment=1, max_bytes=0, base=0x8_0000_0000, **built):
        self.library, self.time = library, start
        self.memory = Memory(base, bytearray(range(256)) * 256)
        self.dma = AxiDma(self.memory, lambda data: data[:20], **built)
        self.io = Io(None, IO_READ(lambda _, offset: self.dma.read(offset)),
                     IO_WRITE(lambda _, offset, value: self.dma.write(offset, value)), CLOCK(self._clock))
        self.limits = Limits(alignment, 0, max_bytes)

    def _clock(self, _):
        self.time += 1
        return self.time & 0xffffffff

    def probe(self):
        error = self.library.hypgcn_probe_axidma(byref(self.io), 10, byref(self.limits))
        self.dma.log.clear()
        return error

    def transfer(self, tx=TX, tx_size=40, rx=RX, rx_size=64, timeout=50):
        received = c_size_t(99)
        error = self.library.hypgcn_transfer_axidma(byref(self.io), byref(self.limits), tx, tx_size, rx, rx_size,
                                                    timeout, byref(received))
        return error, received.value

    def is_idle(self):
        """Whether it was reset and transfers as before."""
        self.dma.stuck, self.dma.error, self.dma.result = set(), 0, None
        return self.dma.log[-1] == (MM2S + CONTROL, RESET) and self.transfer() == (0, 20)


@pytest.fixture
def engine(library):
    def make(**options):
        engine = Engine(library, **options)
        assert engine.probe() == 0
        return engine
    return make


def test_both_channels_are_started_the_receiver_first(engine):
    used = engine()
    assert used.transfer() == (0, 20)
    assert used.dma.log == [
        (S2MM + CONTROL, RUN), (S2MM + STATUS, DONE), (S2MM + ADDRESS, 0x8000), (S2MM + ADDRESS_HIGH, 8),
        (S2MM + LENGTH, 64), (MM2S + CONTROL, RUN), (MM2S + STATUS, DONE), (MM2S + ADDRESS, 0x1000),
        (MM2S + ADDRESS_HIGH, 8), (MM2S + LENGTH, 40)]
    assert bytes(used.memory.content[0x8000:0x8014]) == bytes(range(20))


def test_one_direction(engine):
    used = engine()
    assert used.transfer(rx_size=0) == (0, 0)
    written = (CONTROL, STATUS, ADDRESS, ADDRESS_HIGH, LENGTH)
    assert {offset for offset, _ in used.dma.log} == {MM2S + n for n in written}
    used.dma.log.clear()
    assert used.transfer(tx_size=0) == (0, 20), "the result of the packet before"
    assert {offset for offset, _ in used.dma.log} == {S2MM + n for n in written}


@pytest.mark.parametrize("stuck", [MM2S, S2MM])
def test_transfer_that_does_not_end(stuck, engine):
    used = engine(stuck=(stuck,))
    assert used.transfer() == (code("TIMEOUT"), 0)
    assert used.is_idle()
    used = engine(stuck=(stuck,), start=(1 << 32) - 20)
    begin = used.time
    assert used.transfer() == (code("TIMEOUT"), 0), "the clock may wrap"
    assert 40 < used.time - begin < 70


@pytest.mark.parametrize(("bit", "name"), [(INTERNAL, "DMA_INTERNAL"), (SLAVE, "DMA_SLAVE"), (DECODE, "DMA_DECODE")])
def test_errors_of_the_dma_have_a_code_each(bit, name, engine):
    used = engine(error=bit)
    assert used.transfer() == (code(name), 0)
    assert used.is_idle()


def test_error_of_one_channel_ends_the_wait_for_the_other(engine):
    used = engine(stuck=(MM2S,), error=SLAVE)
    assert used.transfer(timeout=1 << 30) == (code("DMA_SLAVE"), 0)
    assert used.is_idle()


def test_packet_longer_than_its_buffer_and_missing_memory(engine):
    used = engine()
    assert used.transfer(rx_size=16) == (code("DMA_INTERNAL"), 0)
    assert used.is_idle()
    assert used.transfer(tx=0x9_0000_0000) == (code("DMA_DECODE"), 0)
    assert used.is_idle()


def test_probe_starts_nothing_and_leaves_both_channels_reset(library):
    for length_bits in (8, 14, 23, 26):
        for address_bits in (32, 40):
            used = Engine(library, length_bits=length_bits, address_bits=address_bits)
            assert library.hypgcn_probe_axidma(byref(used.io), 10, byref(used.limits)) == 0
            assert (used.limits.max_bytes, used.limits.address_bits) == ((1 << length_bits) - 1,
                                                                         32 if address_bits == 32 else 64)
            assert used.dma.starts == [] and used.memory.log == []
            assert used.dma.log[-1] == (MM2S + CONTROL, RESET)
            assert not used.dma.resetting and used.dma.words[MM2S + LENGTH] == 0


@pytest.mark.parametrize(("built", "name"), [
    ({"scatter_gather": True}, "DMA_SG"), ({"channels": (MM2S,)}, "DMA_MISSING"),
    ({"channels": (S2MM,)}, "DMA_MISSING"),
    ({"channels": ()}, "DMA_MISSING"), ({"reset_reads": 1 << 30}, "TIMEOUT"), ({"length_bits": 7}, "DMA_MISSING"),
    ({"address_bits": 32, "limits": (1, 40, 0)}, "DMA_ADDRESS"), ({"limits": (0, 0, 0)}, "ARGUMENT"),
    ({"limits": (3, 0, 0)}, "ARGUMENT"), ({"limits": (256, 0, 0)}, "ARGUMENT"), ({"limits": (1, 31, 0)}, "ARGUMENT"),
    ({"limits": (1, 65, 0)}, "ARGUMENT")])
def test_dma_built_otherwise_is_found_by_the_probe(built, name, library):
    """Scatter-gather, a missing channel, and settings that contradict the registers."""
    options = {key: value for key, value in built.items() if key != "limits"}
    used = Engine(library, **options)
    used.limits = Limits(*built.get("limits", (1, 0, 0)))
    assert used.probe() == code(name)
    assert used.dma.starts == []


def test_bus_without_a_device(library):
    """Where reads give all ones the reset does not end; all zeros are no channels."""
    for value, name in ((0xffffffff, "TIMEOUT"), (0, "DMA_MISSING")):
        used = Engine(library)
        used.io.read32 = IO_READ(lambda _, offset, value=value: value)
        assert used.probe() == code(name)


def test_words_that_keep_everything_are_no_dma(library):
    """A memory at the address: what is written is read back."""
    used, words = Engine(library), {STATUS: 1, S2MM + STATUS: 1}
    used.io.read32 = IO_READ(lambda _, offset: words.get(offset, 0))
    used.io.write32 = IO_WRITE(lambda _, offset, value: words.update({offset: value}) if offset != CONTROL else None)
    assert used.probe() == code("DMA_MISSING")


def test_clip_longer_than_the_length_register(engine):
    """A register of 14 bits would take 22,500 bytes for 6,116."""
    used = engine(length_bits=14)
    for sizes in ({"tx_size": 22_500}, {"rx_size": 22_500}):
        assert used.transfer(**sizes) == (code("DMA_LENGTH"), 0)
    assert used.dma.log == []
    assert used.transfer(tx_size=(1 << 14) - 1) == (0, 20)


def test_memory_beyond_the_addresses(engine):
    """A DMA of 32 bits would write to 0x1000 in place of 0x8_0000_1000."""
    used = engine(address_bits=32)
    assert used.transfer() == (code("DMA_ADDRESS"), 0)
    assert used.transfer(tx=0xffff_fff0, rx=0x1000) == (code("DMA_ADDRESS"), 0), "its end lies beyond"
    assert used.memory.log == [] and used.dma.log == []
    used = engine(address_bits=32, base=0xffff_0000)
    assert used.transfer(tx=0xffff_ffd8, rx=0xffff_0000) == (0, 20)
    used = engine(address_bits=36)
    used.limits.address_bits = 35
    assert used.transfer() == (code("DMA_ADDRESS"), 0), "a width that the registers do not show"
    used.limits.address_bits = 64
    assert used.transfer(tx=(1 << 64) - 8) == (code("DMA_ADDRESS"), 0)


def test_addresses_without_realignment(engine):
    used = engine(alignment=8)
    assert used.transfer(tx=TX + 4) == used.transfer(rx=RX + 1) == (code("ALIGNMENT"), 0)
    assert used.dma.log == []
    assert used.transfer(tx=TX + 8) == (0, 20)
    assert engine(alignment=1).transfer(tx=TX + 1) == (0, 20)


def test_micro_mode_has_its_own_limit(engine):
    used = engine(max_bytes=128)
    assert used.transfer(tx_size=129) == (code("DMA_LENGTH"), 0)
    assert used.transfer(tx_size=128) == (0, 20)
    assert engine(max_bytes=1 << 20, length_bits=14).limits.max_bytes == (1 << 14) - 1


def test_missing_arguments(library, engine):
    received, used, bad = c_size_t(), engine(), code("ARGUMENT")
    for io, limits, result in ((None, used.limits, received), (used.io, None, received), (used.io, used.limits, None)):
        passed = [None if value is None else byref(value) for value in (io, limits, result)]
        assert library.hypgcn_transfer_axidma(*passed[:2], 0, 1, 0, 1, 1, passed[2]) == bad
    assert library.hypgcn_reset_axidma(None, 1) == bad
    assert library.hypgcn_probe_axidma(None, 1, byref(used.limits)) == bad
    assert library.hypgcn_probe_axidma(byref(used.io), 1, None) == bad
    assert library.hypgcn_check_axidma(None, 0, 1) == bad
    assert library.hypgcn_open_axidma(None, byref(Bus())) == bad
    assert used.dma.log == []


def test_reset_that_does_not_end(library, engine):
    used = engine()
    assert library.hypgcn_reset_axidma(byref(used.io), c_uint32(10)) == 0
    used.dma.reset_reads = 1 << 30
    assert library.hypgcn_reset_axidma(byref(used.io), c_uint32(10)) == code("TIMEOUT")
