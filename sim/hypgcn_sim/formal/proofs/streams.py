"""Proofs of the stream units."""

from functools import partial

from hypgcn.stream import HalfSkid, Queue, Skid

from ..harness import words
from ..proof import Mutant, Proof
from ..rules import Item, hold

__all__ = ["PROOFS"]

WIDTH = 4


def _ends(harness, unit):
    """Free input and back-pressure of a unit with streams ``i`` and ``o``; its transfers."""
    for target in (unit.i.payload, unit.i.valid, unit.o.ready):
        harness.free(target)
    hold(harness, unit.o.valid, unit.o.ready, unit.o.payload, "o")
    return unit.i.valid & unit.i.ready, unit.o.valid & unit.o.ready


def _skid(harness):
    unit = harness.unit(Skid(WIDTH))
    skid = unit.component
    put, take = _ends(harness, skid)
    item = Item(harness, put, take, skid.i.payload, Skid.PLACES)
    # Registers alone decide on both handshakes: none depends on the other, nor one side on the other.
    harness.check(skid.i.ready == (item.level != Skid.PLACES))
    harness.check(skid.o.valid == (item.level != 0))
    harness.check(~item.leaves | (skid.o.payload == item.value))
    for place, register in enumerate(("first", "second"), 1):
        harness.check((item.ahead != place) | (unit.inner(register) == item.value))
    harness.reach(item.level == Skid.PLACES)


def _half_skid(harness):
    unit = harness.unit(HalfSkid(WIDTH))
    skid = unit.component
    put, take = _ends(harness, skid)
    item = Item(harness, put, take, skid.i.payload, 1)
    harness.check(skid.i.ready == (item.level == 0))
    harness.check(skid.o.valid == (item.level == 1))
    harness.check(~item.leaves | (skid.o.payload == item.value))
    harness.check((item.ahead != 1) | (unit.inner("held") == item.value))
    harness.reach(item.level == 1)


def _queue(depth, registered, harness):
    with words():
        unit = harness.unit(Queue(WIDTH, depth, registered=registered))
    queue = unit.component
    put, take = _ends(harness, queue)
    item = Item(harness, put, take, queue.i.payload, depth + registered)
    # Of the payloads inside, one is in the register.
    out = queue.o.valid if registered else 0
    harness.check(queue.i.ready == (queue.level != depth))
    harness.check(queue.level + out == item.level)
    harness.check((unit.inner("not_empty") if registered else queue.o.valid) == (queue.level != 0))
    harness.check(~item.leaves | (queue.o.payload == item.value))
    write, read = unit.inner("w_addr"), unit.inner("r_addr")
    harness.check((write < depth) & (read < depth))
    harness.check((read + queue.level == write) | (read + queue.level == write + depth))
    if registered:
        harness.check(~(queue.o.valid & (item.ahead == 1)) | (queue.o.payload == item.value))
    for n in range(depth):
        place = read + item.ahead - out - 1
        here = (item.ahead > out) & ((place == n) | (place == n + depth))
        harness.check(~here | (unit.inner(f"ram.word{n}") == item.value))
    harness.reach(item.level == depth + registered)


PROOFS = (
    Proof(name="skid", depth=3, cover_depth=4, induction=True, build=_skid,
          text="a skid buffer keeps the order, loses and repeats nothing, holds what it offers; ready and valid are "
               "registers",
          mutant=Mutant(owner=Skid, method="elaborate", old="Mux(room, i_payload, second)", new="i_payload")),
    Proof(name="half_skid", depth=3, cover_depth=4, induction=True, build=_half_skid,
          text="the same of a skid buffer of one place",
          mutant=Mutant(owner=HalfSkid, method="elaborate", old="m.If(~valid)", new="m.If(self.i.valid)")),
    *(Proof(name=f"queue_{depth}", depth=3, cover_depth=depth + 3, deep=6, induction=True,
            build=partial(_queue, depth, False),
            text=f"the same of a FIFO of {depth} places, and its level",
            mutant=Mutant(owner=Queue, method="elaborate", old="self.level == self.depth - 1",
                          new="self.level == self.depth"))
      for depth in (2, 3, 4)),
    Proof(name="queue_registered", depth=3, cover_depth=7, deep=6, induction=True, build=partial(_queue, 3, True),
          text="the same of a FIFO of three places whose output is a register",
          mutant=Mutant(owner=Queue, method="elaborate", old="take.eq(not_empty & advance)", new="take.eq(advance)")),
)
