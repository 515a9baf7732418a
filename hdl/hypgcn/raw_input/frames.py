"""Frames of raw joints: missing joints, centring, bones."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import Design
from ..design.raw_input import MARKER, RAW_BITS
from ..mem import AsyncRam, Ram
from ..stream.layouts import joint_layout, place_layout

__all__ = ["RawFrames"]


class RawFrames(wiring.Component):
    """Fill in missing joints, and subtract from each joint the centre of the body, or its parent.

    The integers are those of ``docs/numbers.md``, "Raw input". A frame is known when its last joint has come: it is
    kept in one half of a double buffer while the frame before leaves the other half.

    Throughput: V joints in V + 1 cycles. Latency: V + 2 cycles. A held ``o`` stops ``i`` without loss.
    Storage: LUT RAM of 2 * V places, once for the joint, once for its parent, and once for its last place where missing
    joints are held; with several persons centred in every frame, a RAM of T origins.

    Parameters
    ----------
    design : Design
        With raw input.

    Members
    -------
    i : In(stream, C x int16)
        One raw joint, order (person, frame, joint).
    o : Out(stream, C x signed(place_width))
        The same order; zero where the person is not there, or the joint or its parent is not known.
    """

    def __init__(self, design: Design):
        raw = design.raw
        if raw is None:
            raise ValueError(f"design {design.name} must have a raw input, not int8 clips")
        self.cfg, self.raw = design, raw
        super().__init__({
            "i": In(stream.Signature(joint_layout(design.channels, RAW_BITS))),
            "o": Out(stream.Signature(joint_layout(design.channels, raw.place_width))),
        })

    def elaborate(self, platform):
        """Double buffer, writer and reader."""
        m = Module()
        shape = self.i.payload.shape()
        filled = Signal(range(3))               # frames in the buffer that have not left
        closed = Signal()                       # a frame has come whole
        left = Signal()                         # a frame has left
        m.d.sync += filled.eq(filled + closed - left)
        there = Array(Signal(name=f"there{half}") for half in range(2))
        origins = Array(Signal(shape, name=f"origin{half}", reset_less=True) for half in range(2))
        rams = self._rams(m)
        self._write(m, rams, filled, closed, there, origins)
        self._read(m, rams, filled, left, there, origins)
        return m

    def _rams(self, m):
        """Copies of the double buffer by what they are read for, all with the same contents."""
        raw, layout = self.raw, place_layout(self.cfg.channels)
        names = ["own", *(["other"] if raw.parents else []), *(["last"] if raw.missing == "hold" else [])]
        rams = {}
        for name in names:
            m.submodules[name] = rams[name] = AsyncRam(layout.size, 2 * self.cfg.joints)
        return rams

    def _write(self, m, rams, filled, closed, there, origins):
        """Take the joints of a frame; behind the last one decide who is there, and where its origin is."""
        design, raw, joints = self.cfg, self.raw, self.cfg.joints
        joint = self.i.payload
        layout = place_layout(design.channels)
        place = Signal(layout)
        marked = Signal()
        zero = Signal()
        present = Signal()                      # of the person: in the last frame that has been closed
        seen = Signal()                         # of this frame: a joint that is elsewhere than 0
        missing = Signal()                      # of this frame: a joint that is missing
        count = Signal(range(max(2, joints)))
        address = Signal(range(2 * joints))
        half = Signal()
        closing = Signal()
        taken = Signal()
        last = count == joints - 1
        m.d.comb += [
            marked.eq(joint[0] == MARKER),
            zero.eq(~joint.as_value().any()),
            self.i.ready.eq((filled != 2) & ~closing),
            taken.eq(self.i.valid & self.i.ready),
            place.joint.eq(joint),
            place.known.eq(~marked),
        ]
        if raw.missing == "hold":
            before = Signal(range(2 * joints), init=joints)     # the same joint in the other half: the frame before
            held = Signal(layout)
            m.d.comb += [rams["last"].r_addr.eq(before), held.as_value().eq(rams["last"].r_data)]
            with m.If(marked):
                m.d.comb += [place.joint.eq(held.joint), place.known.eq(held.known & present)]
            with m.If(taken):
                m.d.sync += before.eq(Mux(before == 2 * joints - 1, 0, before + 1))
        for ram in rams.values():
            m.d.comb += [ram.w_en.eq(taken), ram.w_addr.eq(address), ram.w_data.eq(place)]
        with m.If(taken):
            m.d.sync += [
                address.eq(Mux(address == 2 * joints - 1, 0, address + 1)),
                count.eq(Mux(last, 0, count + 1)),
                seen.eq(seen | ~(marked | zero)),
                missing.eq(missing | marked),
                closing.eq(last),
            ]
        with m.If(closing):
            m.d.comb += closed.eq(1)
            m.d.sync += [closing.eq(0), seen.eq(0), missing.eq(0), half.eq(~half)]
        frame, person = self._count(m, closed)
        now = self._presence(m, closed, seen, missing, frame, present)
        with m.If(closed):
            m.d.sync += there[half].eq(now)
        if raw.centre is not None:
            own = self._own_origin(m, taken, closed, count, place, marked, present)
            origin = self._origin(m, closed, now, own, frame, person)
            with m.If(closed):
                m.d.sync += origins[half].eq(origin)

    def _count(self, m, closed):
        """Frame and person of the joints that come."""
        frame = Signal(range(max(2, self.cfg.frames)))
        person = Signal(range(max(2, self.cfg.persons)))
        with m.If(closed):
            m.d.sync += frame.eq(frame + 1)
            with m.If(frame == self.cfg.frames - 1):
                m.d.sync += [frame.eq(0), person.eq(Mux(person == self.cfg.persons - 1, 0, person + 1))]
        return frame, person

    def _presence(self, m, closed, seen, missing, frame, present):
        """Whether the person is there in the frame that is closed; ``present`` is kept for the next one."""
        patience = self.raw.patience
        unseen = Signal(range(patience + 2), init=patience + 1)     # more than the patience: not there
        now = Signal(range(patience + 2))
        with m.If(seen):
            m.d.comb += now.eq(0)
        with m.Elif(missing & (unseen <= patience)):
            m.d.comb += now.eq(unseen + 1)
        with m.Else():
            m.d.comb += now.eq(patience + 1)
        is_there = now <= patience
        with m.If(closed):
            m.d.sync += [unseen.eq(now), present.eq(is_there)]
            with m.If(frame == self.cfg.frames - 1):    # the next frame is another person's
                m.d.sync += [unseen.eq(patience + 1), present.eq(0)]
        return is_there

    def _own_origin(self, m, taken, closed, count, place, marked, present):
        """The last place of the centre, or that of the lowest joint that is known in this frame."""
        joint = self.i.payload
        centre, lowest = (Signal(joint.shape(), name=name, reset_less=True) for name in ("centre", "lowest"))
        centre_known = Signal()
        lowest_known = Signal()
        begun = Signal()        # the first joint of the frame has been taken
        with m.If(taken):
            m.d.sync += begun.eq(1)
            with m.If(~begun & ~present):
                m.d.sync += centre_known.eq(0)
            with m.If((count == self.raw.centre) & ~marked):
                m.d.sync += [centre.eq(joint), centre_known.eq(1)]
            with m.If(place.known & ~lowest_known):
                m.d.sync += [lowest.eq(place.joint), lowest_known.eq(1)]
        with m.If(closed):
            m.d.sync += [begun.eq(0), lowest_known.eq(0)]
        own = Signal(joint.shape(), name="own_origin")
        m.d.comb += own.eq(Mux(centre_known, centre, lowest))
        return own

    def _origin(self, m, closed, there, own, frame, person):
        """What is subtracted in the frame that is closed, of the first person who is there."""
        design = self.cfg
        origin = Signal(own.shape())
        if self.raw.centring == "first":
            kept = Signal(own.shape(), reset_less=True)
            earlier = Signal()      # somebody before this person is there in this clip
            somebody = Signal()
            m.d.comb += origin.eq(kept)
            with m.If((frame == 0) & ~earlier):
                m.d.comb += origin.eq(Mux(there, own, 0))
            with m.If(closed):
                m.d.sync += [kept.eq(origin), somebody.eq(somebody | there)]
                with m.If(frame == design.frames - 1):
                    m.d.sync += earlier.eq(somebody | there)
                    with m.If(person == design.persons - 1):
                        m.d.sync += [earlier.eq(0), somebody.eq(0)]
            return origin
        m.d.comb += origin.eq(own)
        if design.persons > 1:
            layout = data.StructLayout({"origin": own.shape(), "found": 1})
            m.submodules.table = table = Ram(layout.size, design.frames, latency=1)
            stored = Signal(layout)
            kept = Signal(layout)
            m.d.comb += [table.r_addr.eq(frame), table.w_addr.eq(frame), table.w_en.eq(closed),
                         table.w_data.eq(kept), stored.as_value().eq(table.r_data),
                         kept.origin.eq(origin), kept.found.eq(there)]
            with m.If((person != 0) & stored.found):
                m.d.comb += [origin.eq(stored.origin), kept.found.eq(1)]
        return origin

    def _read(self, m, rams, filled, left, there, origins):
        """Give the joints of a whole frame, relative to the origin or to their parents."""
        design, raw, joints = self.cfg, self.raw, self.cfg.joints
        layout = place_layout(design.channels)
        own = Signal(layout, name="own_place")
        other = Signal(layout, name="other_place")
        count = Signal(range(max(2, joints)), name="read_count")
        address = Signal(range(2 * joints), name="read_address")
        half = Signal(name="read_half")
        advance = Signal()
        last = count == joints - 1
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            left.eq(advance & (filled != 0) & last),
            rams["own"].r_addr.eq(address),
            own.as_value().eq(rams["own"].r_data),
            other.known.eq(1),
        ]
        if raw.parents:
            parents = Array(Const(parent, range(2 * joints)) for parent in raw.parents)
            m.d.comb += [rams["other"].r_addr.eq(parents[count] + Mux(half, joints, 0)),
                         other.as_value().eq(rams["other"].r_data)]
        elif raw.centre is not None:
            m.d.comb += other.joint.eq(origins[half])
        with m.If(advance):
            m.d.sync += self.o.valid.eq(filled != 0)
            for channel in range(design.channels):
                value = own.joint[channel] - other.joint[channel] if raw.relative else own.joint[channel]
                m.d.sync += self.o.payload[channel].eq(Mux(own.known & other.known & there[half], value, 0))
            with m.If(filled != 0):
                m.d.sync += [count.eq(Mux(last, 0, count + 1)),
                             address.eq(Mux(address == 2 * joints - 1, 0, address + 1))]
                with m.If(last):
                    m.d.sync += half.eq(~half)
