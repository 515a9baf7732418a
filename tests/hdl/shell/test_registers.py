"""The register description: legal, without overlaps, and strict about what is not."""

import pytest

from hypgcn.shell.registers import (
    ADDRESS_BITS,
    ALL_REGISTERS,
    MAGIC,
    MAX_BLOCKS,
    REGISTERS,
    RESULT_FLAGS,
    Field,
    Register,
    register,
)

BIT = Field(name="bit", low=0, text="a bit")


def test_no_two_words_share_an_address_and_all_are_in_the_page():
    addresses = [entry.address(index) for entry in ALL_REGISTERS for index in range(entry.count)]
    assert len(addresses) == len(set(addresses))
    assert max(addresses) < 1 << ADDRESS_BITS
    assert all(address % 4 == 0 for address in addresses)
    assert [entry.offset for entry in REGISTERS] == sorted(entry.offset for entry in REGISTERS)
    assert [entry.offset for entry in ALL_REGISTERS] == sorted(entry.offset for entry in ALL_REGISTERS)


def test_names_are_used_once():
    names = [entry.name for entry in ALL_REGISTERS]
    assert len(names) == len(set(names))
    for entry in REGISTERS:
        fields = [field.name for field in entry.fields]
        assert len(fields) == len(set(fields))


@pytest.mark.parametrize(("name", "field", "mask"), [
    ("CONTROL", "start", 1), ("CONTROL", "done", 2), ("CONTROL", "idle", 4), ("CONTROL", "ready", 8),
    ("CONTROL", "auto_restart", 0x80), ("INTERRUPT_STATUS", "error", 4)])
def test_words_at_the_start_are_the_usual_ones(name, field, mask):
    assert register(name).field(field).mask == mask
    assert [register(name).offset for name in ("CONTROL", "INTERRUPT_GLOBAL", "INTERRUPT_ENABLE", "INTERRUPT_STATUS",
                                               "MAGIC")] == [0, 4, 8, 12, 16]


def test_magic_reads_as_text_in_memory():
    assert MAGIC.to_bytes(4, "little") == b"HGCN"


def test_errors_are_the_flags_of_results():
    assert [(field.name, field.mask) for field in register("ERRORS").fields] == [
        (flag.name, flag.mask) for flag in RESULT_FLAGS]


def test_every_block_has_its_counters():
    assert register("BLOCK_OVERFLOW").address(2) == 0x10C + 32
    assert register("BLOCK_BUSY").count == MAX_BLOCKS


def test_unknown_names():
    with pytest.raises(KeyError, match="there is no register NOTHING"):
        register("NOTHING")
    with pytest.raises(KeyError, match="CONTROL has no field nothing"):
        register("CONTROL").field("nothing")


@pytest.mark.parametrize(("change", "text"), [
    ({"name": "Upper"}, "name must be an identifier in lower case, not 'Upper'"),
    ({"name": "a b"}, "name must be an identifier in lower case"),
    ({"low": 32}, "low must be in 0..31, not 32"), ({"width": 0}, "width must be in 1..32, not 0"),
    ({"low": 30, "width": 3}, "width must be in 1..2, not 3"),
    ({"access": "wo"}, "access must be one of 'ro', 'rw', 'set', 'rc', 'w1c', 'pulse', not 'wo'"),
])
def test_bad_field(change, text):
    with pytest.raises(ValueError, match=text):
        Field(**{"name": "bit", "low": 0, "text": "a bit", **change})


@pytest.mark.parametrize(("change", "text"), [
    ({"name": "lower"}, "name must be an identifier in upper case, not 'lower'"),
    ({"offset": 2}, "offset and stride must be multiples of 4, not 2 and 4"),
    ({"stride": 0}, "offset and stride must be multiples of 4, not 0 and 0"),
    ({"offset": 4096}, "offset must be in the 4096 bytes of the bank, not 4096"),
    ({"offset": 4092, "count": 2}, "offset must be in the 4096 bytes of the bank, not 4092"),
    ({"count": 0}, "offset must be in"),
    ({"fields": (BIT, Field(name="other", low=0, width=2, text=""))}, "fields of WORD must not overlap"),
])
def test_bad_register(change, text):
    with pytest.raises(ValueError, match=text):
        Register(**{"name": "WORD", "offset": 0, "fields": (BIT,), "text": "a word", **change})
