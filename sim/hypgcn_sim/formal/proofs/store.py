"""Proofs of the row store: what is kept, what is counted as lost, and when a slot is written again."""

from amaranth.hdl import Cat, Mux, Signal, Value

from hypgcn.rfc import RowStore, RowStoreConfig
from hypgcn.rfc.ring import Ring
from hypgcn.rfc.store_reader import StoreReader
from hypgcn.rfc.store_writer import StoreWriter
from hypgcn.stream import Skid
from hypgcn.stream.layouts import MINI

from ..proof import Mutant, Proof
from ..rules import Item, hold, quiet
from .rfc import ones

__all__ = ["PROOFS"]

CONFIG = RowStoreConfig(frames=2, rows=2, joints=2, banks=1, depths=(3, 2, 1, 1), tags=(0,), answers=2, window=2,
                        rings=(4, 3, 2, 2))
"""A window of two rows, and rings that just hold one."""
_STAGES = StoreWriter.LATENCY - 1
"""Vectors inside the writer."""


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
    oldest : Signal
        Slot that is released next.
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
        self.oldest = oldest
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
        harness.check(~store.i.ready | (held != CONFIG.rows))
        harness.check((self.readable & done) == 0)
        harness.check(~self.row_done | (ones(self.readable) < held))

        # A mini-bank that a vector requests and that is full closes those above it, for this vector. Both rows of a
        # sequence are one window.
        second = Signal(name="second_row")
        with m.If(self.put & row_end):
            m.d.sync += second.eq(~second)
        count = ones(store.i.payload.mask)
        used, closed, minis, scarce = [], 0, 0, 0
        for j, (depth, words) in enumerate(zip(CONFIG.depths, CONFIG.words)):
            requests = count > MINI * j
            used.append(Signal(range(depth + 1), name=f"used{j}"))
            closed = closed | (used[j] == depth)
            granted = requests & ~closed
            minis = minis + granted
            by_slot = [Signal(range(CONFIG.vectors + 1), name=f"entries{j}_{n}") for n in range(CONFIG.rows)]
            scarce = scarce | (by_slot[0] + by_slot[1] >= words)
            with m.If(self.put):
                m.d.sync += used[j].eq(Mux(row_end & second, 0, used[j] + granted))
            for n, entries in enumerate(by_slot):
                with m.If(self.put & (self.slot == n)):
                    m.d.sync += entries.eq(entries + granted)
                with m.If(self.release & (oldest == n)):
                    m.d.sync += entries.eq(0)
        # A full store, or a vector in flight that finds no word, and for some cycles after they came back.
        harness.check(store.i.ready | (held == CONFIG.rows) | _lately(harness, scarce, 3, "scarce"))
        self.kept = Mux(count < MINI * minis, count, MINI * minis)
        self.lost = self.put & (self.kept != count)


def _lately(harness, value, cycles, name):
    """``value`` now, or in one of the ``cycles`` before."""
    return value if not cycles else value | _lately(harness, harness.past(value, f"{name}{cycles}"), cycles - 1, name)


def _writer(harness):
    m = harness.m
    unit = harness.unit(StoreWriter(CONFIG))
    dut = unit.component
    rows = _Rows(harness, dut)
    # No slot is written from the row_done of its row until its release.
    for port, words in ((dut.header, CONFIG.vectors), (dut.base, CONFIG.joints)):
        for slot in range(CONFIG.rows):
            inside = (port.addr >= slot * words) & (port.addr < (slot + 1) * words)
            harness.check(~(port.en & inside & rows.readable[slot]))
        harness.check(port.addr < CONFIG.rows * words)
        harness.reach(port.en & (port.addr == CONFIG.rows * words - 1))
    # Vectors leave the pipeline in order, each with its header, early or late.
    written = dut.header.en
    joint_out, slot_out = Signal(range(CONFIG.joints), name="joint_out"), Signal(range(CONFIG.rows), name="slot_out")
    row_written = written & (joint_out == CONFIG.joints - 1)
    lost_inside, inside = Signal(_STAGES, name="lost_inside"), Signal(range(_STAGES + 1), name="vectors_inside")
    with m.If(written):
        m.d.sync += joint_out.eq(Mux(joint_out == CONFIG.joints - 1, 0, joint_out + 1))
    m.d.sync += [
        slot_out.eq(slot_out + row_written), inside.eq(inside + rows.put - written),
        lost_inside.eq((lost_inside >> written) | (rows.lost << (inside - written)[:2])),
    ]
    harness.check(~written | (inside != 0))
    harness.check(inside <= _STAGES)
    # No entry of a mini-bank is written again before its row is released.
    for j, (port, words) in enumerate(zip(dut.data, CONFIG.words)):
        entry = harness.fixed(range(words), f"entry{j}")
        owner, owned = Signal(range(CONFIG.rows), name=f"owner{j}"), Signal(name=f"owned{j}")
        again = port.en & (port.addr == entry)
        harness.check(~again | ~owned | ~rows.readable.bit_select(owner, 1) | (owner == slot_out))
        with m.If(again):
            m.d.sync += [owner.eq(slot_out), owned.eq(1)]
        with m.Elif(rows.release & (owner == rows.oldest)):
            m.d.sync += owned.eq(0)
    harness.reach(dut.data[0].en & rows.readable.any() & (dut.data[0].addr == CONFIG.words[0] - 1))
    lost = Signal(8, name="vectors_lost")
    m.d.sync += lost.eq(lost + harness.past(written & lost_inside[0], "lost_written"))
    harness.check(dut.overflow_count == lost)
    harness.check(rows.row_done == harness.past(row_written, "row_written"))
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
    Proof(name="store_writer", depth=12, deep=16, build=_writer, weight=17,
          text="no slot of a row store is written from the end of its row until its release; every row is reported "
               "once, in order; the count of truncated vectors is that of the golden model; only held rows and rings "
               "without a free word stop it",
          mutant=Mutant(owner=Ring, method="_limit_window", old="& ~(self.row_end & self.restarts)", new="")),
    Proof(name="row_store", depth=15, cover_depth=15, deep=20, build=_store, weight=35,
          text="every read of a row that is complete and not released gives the kept values of that vector and zeros "
               f"beyond, in the order of the requests, whatever is written meanwhile; vectors of {_CHANNELS} channels",
          mutant=Mutant(owner=StoreReader, method="_await_values", old="count > MINI * j", new="count >= MINI * j")),
)
