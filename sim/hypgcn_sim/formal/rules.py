"""Rules of streams and of AXI4-Lite, to claim of a unit or to assume of what surrounds it."""

from amaranth.hdl import Cat, Mux, Signal, Value

__all__ = ["Item", "axi_lite_master", "axi_lite_slave", "hold", "prompt", "quiet"]


def hold(harness, valid, ready, payload, name: str, *, claim=None):
    """Once valid, ``valid`` and ``payload`` stay until the transfer.

    Parameters
    ----------
    harness : Harness
        Of the proof.
    valid, ready : 1-bit values
        Handshake of the stream.
    payload : value
        What it carries.
    name : str
        Prefix of the registers of the rule.
    claim : callable or None
        ``harness.check`` by default; ``harness.assume`` for a stream that enters the unit.
    """
    waiting = harness.past(valid & ~ready, f"{name}_waiting")
    held = harness.past(payload, f"{name}_held")
    (claim or harness.check)(~waiting | (valid & (Value.cast(payload) == held)))


def prompt(harness, owed, valid, cycles: int, name: str):
    """While something is owed, ``valid`` comes within ``cycles``, whatever ``ready`` does: it does not wait for it."""
    quiet = Signal(range(cycles + 2), name=f"{name}_quiet")
    harness.m.d.sync += quiet.eq(Mux(owed & ~valid, quiet + (quiet <= cycles), 0))
    harness.check(quiet <= cycles)


def quiet(harness, valid, name: str):
    """In the cycle after a reset nothing is offered (of AXI: IHI 0022, A3.1.2; IHI 0051, 2.8.2)."""
    after_reset = Signal(init=1, reset_less=True, name=f"{name}_after_reset")
    harness.m.d.sync += after_reset.eq(harness.rst)
    harness.check(~after_reset | ~valid)


class Item:
    """Any one payload of a FIFO-like unit, followed from its entry to its exit: order, no loss, no duplication.

    In a free cycle a payload that enters is picked. It must leave when, and only when, all before it have left. As the
    choice is free, what holds for it holds for all.

    Parameters
    ----------
    harness : Harness
        Of the proof.
    put, take : 1-bit values
        A payload enters or leaves.
    expected : value
        What must leave for the payload that enters now.
    places : int
        Most payloads inside.

    Attributes
    ----------
    level : Signal
        Payloads inside.
    ahead : Signal
        Payloads inside up to the picked one, itself included; 0 while none is picked.
    value : Signal
        What must leave.
    leaves : Value
        The picked one leaves.
    """

    def __init__(self, harness, put, take, expected, places: int):
        m, expected = harness.m, Value.cast(expected)
        self.level = Signal(range(places + 2), name="item_level")
        self.ahead = Signal.like(self.level, name="item_ahead")
        self.value = Signal(len(expected), name="item_value", reset_less=True)
        self.picked = put & harness.any(1, "item_pick") & (self.ahead == 0)
        self.leaves = take & (self.ahead == 1)
        m.d.sync += self.level.eq(self.level + put - take)
        with m.If(self.picked):
            m.d.sync += [self.value.eq(expected), self.ahead.eq(self.level + 1 - take)]
        with m.Elif(take & (self.ahead != 0)):
            m.d.sync += self.ahead.eq(self.ahead - 1)
        harness.check(self.level <= places)
        harness.check(self.ahead <= self.level)
        harness.check(~take | (self.level != 0))
        harness.reach(self.leaves)


def axi_lite_master(harness, bus):
    """Assume the rules of a master: address and data stay until they are taken (IHI 0022, A3.2.1).

    Parameters
    ----------
    harness : Harness
        Of the proof.
    bus : callable
        Signal of the bus by its name, ``bus("awvalid")``.
    """
    for channel, fields in (("aw", ("addr",)), ("w", ("data", "strb")), ("ar", ("addr",))):
        payload = [bus(channel + name) for name in fields]
        hold(harness, bus(f"{channel}valid"), bus(f"{channel}ready"), Cat(payload), f"master_{channel}",
             claim=harness.assume)


def axi_lite_slave(harness, bus):
    """Claim the rules of a slave.

    Responses stay until they are taken (IHI 0022, A3.2.1); a write is answered after its address and its data, a read
    after its address (A3.3.1), each exactly once and within two cycles; after reset no response is offered (A3.1.2);
    ``ready`` does not wait for ``valid``. All responses are OKAY.

    Parameters
    ----------
    harness : Harness
        Of the proof.
    bus : callable
        Signal of the bus by its name.

    Returns
    -------
    (Signal, Signal, Signal)
        Addresses of writes, data of writes and reads that are taken and not answered.
    """
    m = harness.m
    quiet(harness, bus("bvalid") | bus("rvalid"), "slave")

    def taken(channel):
        return bus(f"{channel}valid") & bus(f"{channel}ready")

    hold(harness, bus("bvalid"), bus("bready"), bus("bresp"), "slave_b")
    hold(harness, bus("rvalid"), bus("rready"), Cat(bus("rdata"), bus("rresp")), "slave_r")
    harness.check((bus("bresp") == 0) & (bus("rresp") == 0))
    opened = []
    for channel, response in (("aw", "b"), ("w", "b"), ("ar", "r")):
        count = Signal(range(4), name=f"{channel}_open")
        m.d.sync += count.eq(count + taken(channel) - taken(response))
        harness.check(~bus(f"{response}valid") | (count != 0))
        opened.append(count)
    address, word, read = opened
    harness.check(bus("awready") == (address == bus("bvalid")))
    harness.check(bus("wready") == (word == bus("bvalid")))
    harness.check(bus("arready") == (read == 0))
    for count in (address, word):
        harness.check((count == bus("bvalid")) | (count == bus("bvalid") + 1))
    harness.check(read <= 1)
    prompt(harness, (address != 0) & (word != 0), bus("bvalid"), 1, "b")
    prompt(harness, read != 0, bus("rvalid"), 1, "r")
    harness.reach(taken("b") & (address == 2))
    harness.reach(taken("r"))
    return address, word, read


