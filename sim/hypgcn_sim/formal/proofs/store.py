"""Proofs of the row store: what is kept, what is counted as lost, and when a slot is written again."""

from amaranth.hdl import Cat, Mux, Signal, Value

from hypgcn.rfc import RowStore, RowStoreConfig
from hypgcn.rfc.store_reader import StoreReader
from hypgcn.rfc.store_writer import StoreWriter
from hypgcn.stream import Skid
from hypgcn.stream.layouts import MINI

from ..proof import Mutant, Proof
from ..rules import Item, hold, quiet
from .rfc import ones

__all__ = ["PROOFS"]

CONFIG = RowStoreConfig(frames=2, rows=2, joints=2, banks=1, depths=(2, 1, 1, 1), tags=(0,), answers=2)
_DELAY = StoreWriter.LATENCY + 1
"""Cycles from a vector to the count of what it lost."""


_CHANNELS = 5
"""Channels that may be other than 0 in what is read back: two mini-banks, the second not full."""


class _Rows:
    """The rows of a store, counted from outside: which slots may be read, and what each new vector keeps.

    Attributes
    ----------
    put : Value
        A vector enters.
    joint, slot : Signal
        Where it belongs.
    kept : Value
        How many of its values are kept, after what earlier vectors of the row have requested.
    lost : Value
        It is truncated.
    readable : Signal
        Slots whose row is complete and not released.
    row_done, release : Value
        Handshake of the rows; ``release`` is free while a row is readable, and it may.

    Parameters
    ----------
    harness : Harness
        Of the proof.
    store : RowStore or StoreWriter
        Its input is free.
    may_release : 1-bit value
        The user of the store allows it.
    """

    def __init__(self, harness, store, may_release=1):
        m = harness.m
        for target in (store.i.valid, store.i.payload):
            harness.free(target)
        self.put = store.i.valid & store.i.ready
        self.joint = Signal(range(CONFIG.joints), name="joint_in")
        self.slot = Signal(range(CONFIG.rows), name="slot_in")
        oldest, newest = (Signal(range(CONFIG.rows), name=f"{name}_slot") for name in ("oldest", "done"))
        self.readable = Signal(CONFIG.rows, name="readable")
        held = Signal(range(CONFIG.rows + 2), name="rows_held")
        row_end = self.joint == CONFIG.joints - 1
        self.row_done, self.release = store.row_done, store.release
        m.d.comb += self.release.eq(harness.any(1, "releases") & may_release & self.readable.any())
        with m.If(self.put):
            m.d.sync += self.joint.eq(Mux(row_end, 0, self.joint + 1))
            m.d.sync += self.slot.eq(Mux(row_end, self.slot + 1, self.slot))
        m.d.sync += held.eq(held + (self.put & row_end) - self.release)
        done = Mux(self.row_done, 1 << newest, 0)
        self.may_read = self.readable | done
        m.d.sync += self.readable.eq((self.readable | done) & ~Mux(self.release, 1 << oldest, 0))
        m.d.sync += [newest.eq(newest + self.row_done), oldest.eq(oldest + self.release)]
        # Only rows that are held stop the writer, and each is reported once.
        harness.check(store.i.ready == (held != CONFIG.rows))
        harness.check((self.readable & done) == 0)
        harness.check(~self.row_done | (ones(self.readable) < held))

        # A mini-bank that a vector requests and that is full closes those above it, for this vector.
        count = ones(store.i.payload.mask)
        used, closed, minis = [], 0, 0
        for j, depth in enumerate(CONFIG.depths):
            requests = count > MINI * j
            used.append(Signal(range(depth + 1), name=f"used{j}"))
            closed = closed | (used[j] == depth)
            granted = requests & ~closed
            minis = minis + granted
            with m.If(self.put):
                m.d.sync += used[j].eq(Mux(row_end, 0, used[j] + granted))
        self.kept = Mux(count < MINI * minis, count, MINI * minis)
        self.lost = self.put & (self.kept != count)


def _later(harness, value, cycles, name):
    for n in range(cycles):
        value = harness.past(value, f"{name}{n}")
    return value


def _writer(harness):
    m = harness.m
    unit = harness.unit(StoreWriter(CONFIG))
    dut = unit.component
    rows = _Rows(harness, dut)
    # No slot is written from the row_done of its row until its release.
    for port, words in ((dut.header, CONFIG.vectors), (dut.base, CONFIG.joints), *zip(dut.data, CONFIG.depths)):
        for slot in range(CONFIG.rows):
            inside = (port.addr >= slot * words) & (port.addr < (slot + 1) * words)
            harness.check(~(port.en & inside & rows.readable[slot]))
        harness.check(port.addr < CONFIG.rows * words)
        harness.reach(port.en & (port.addr == CONFIG.rows * words - 1))
    lost = Signal(8, name="vectors_lost")
    m.d.sync += lost.eq(lost + _later(harness, rows.lost, _DELAY - 1, "lost"))
    harness.check(dut.overflow_count == lost)
    harness.check(rows.row_done == _later(harness, rows.put & (rows.joint == CONFIG.joints - 1), _DELAY - 1, "end"))
    quiet(harness, dut.row_done, "row")
    harness.reach(lost == 2)
    harness.reach(rows.release & dut.header.en)


def _store(harness):
    m = harness.m
    dut = harness.unit(RowStore(CONFIG)).component
    request, response = dut.req[0], dut.rsp[0]
    for target in (request.valid, request.payload, response.ready):
        harness.free(target)
    level = Signal(range(8), name="requests")
    rows = _Rows(harness, dut, may_release=(level == 0) & ~request.valid)
    hold(harness, request.valid, request.ready, request.payload, "request", claim=harness.assume)
    harness.assume(~request.valid | (rows.may_read.bit_select(request.payload.slot, 1) & (request.payload.bank == 0)))
    hold(harness, response.valid, response.ready, response.payload, "response")
    quiet(harness, response.valid, "response")

    # One vector that enters is followed, by one of its values and the bit of one channel.
    place, channel = harness.fixed(range(_CHANNELS), "place"), harness.fixed(range(_CHANNELS), "channel")
    vector = dut.i.payload
    bit = harness.fixed(3, "bit")           # of the value
    harness.assume(vector.mask[_CHANNELS:] == 0)
    value = Value.cast(vector["values"]).bit_select(8 * place + bit, 1)
    harness.assume(~dut.i.valid | (place < ones(vector.mask)) | (value == 0))
    rank = ones(vector.mask[:_CHANNELS] & ((1 << channel) - 1)[:_CHANNELS])
    expected = Cat(vector.mask.bit_select(channel, 1) & (rank < rows.kept), Mux(place < rows.kept, value, 0),
                   rows.kept == 0)
    picked = Signal(name="vector_picked")
    what, where = Signal(len(expected), name="vector_kept"), Signal(2, name="vector_place")
    with m.If(rows.put & ~picked & harness.any(1, "vector_pick")):
        m.d.sync += [picked.eq(1), what.eq(expected), where.eq(Cat(rows.joint, rows.slot))]
    # It is gone when its slot is written again.
    with m.Elif(rows.put & (where == Cat(rows.joint, rows.slot))):
        m.d.sync += picked.eq(0)

    ask, reply = request.valid & request.ready, response.valid & response.ready
    m.d.sync += level.eq(level + ask - reply)
    followed = picked & (where == Cat(request.payload.joint[0], request.payload.slot[0]))
    item = Item(harness, ask, reply, followed, Skid.PLACES + CONFIG.answers)
    got = response.payload.vector
    result = Cat(got.mask.bit_select(channel, 1), Value.cast(got["values"]).bit_select(8 * place + bit, 1),
                 response.payload.empty)
    harness.check(~item.leaves | ~item.value | (result == what))
    harness.reach(item.leaves & item.value & what[1])


PROOFS = (
    Proof(name="store_writer", depth=12, deep=16, build=_writer, weight=4,
          text="no slot of a row store is written from the end of its row until its release; every row is reported "
               "once, in order; the count of truncated vectors is that of the golden model; only held rows stop it",
          mutant=Mutant(owner=StoreWriter, method="_allocate", old="full[j].eq(0)", new="full[j].eq(full[j])")),
    Proof(name="row_store", depth=14, cover_depth=14, deep=20, build=_store, weight=35,
          text="every read of a row that is complete and not released gives the kept values of that vector and zeros "
               f"beyond, in the order of the requests, whatever is written meanwhile; vectors of {_CHANNELS} channels",
          mutant=Mutant(owner=StoreReader, method="_await_values", old="count > MINI * j", new="count >= MINI * j")),
)
