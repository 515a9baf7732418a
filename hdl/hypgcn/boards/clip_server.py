"""Requests in frames, answers in frames: the protocol of a network on a serial line (``docs/boards.md``)."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import Design, limits
from ..design.checks import check_hash, check_limit
from ..mem import Ram
from ..stream.layouts import frame_byte_layout, joint_layout, result_layout

__all__ = ["ERRORS", "MAGIC", "PROTOCOL", "REPLIES", "REQUESTS", "ClipServer", "ClipServerConfig"]

MAGIC = b"HGCN"
PROTOCOL = 1
"""Number of the protocol; counts up with every change that an old host would not survive."""
REQUESTS = {"hello": 0x01, "clip": 0x02}
REPLIES = {"identity": 0x81, "result": 0x82, "error": 0x83}
ERRORS = {"damaged": 1, "unknown": 2, "length": 3}


@dataclass(frozen=True, kw_only=True)
class ClipServerConfig:
    """persons, frames, joints, channels : M 1..255, T 1..65535, V 1..255, C 1..16 of a clip
    classes : 1..65535; logit_width : bits of a signed score, 2..48
    hash : of the design, at least 16 hexadecimal digits
    """

    persons: int
    frames: int
    joints: int
    channels: int
    classes: int
    logit_width: int
    hash: str

    def __post_init__(self):
        for name, limit in limits.SHAPE.items():
            check_limit(name, getattr(self, name), limit)
        check_limit("logit_width", self.logit_width, limits.LOGIT_WIDTH)
        check_hash("hash", self.hash)

    @classmethod
    def of(cls, design: Design) -> "ClipServerConfig":
        """For ``design``."""
        return cls(**{name: getattr(design, name) for name in
                      ("persons", "frames", "joints", "channels", "classes", "logit_width", "hash")})

    @property
    def clip_bytes(self) -> int:
        """Elements of a clip."""
        return self.persons * self.frames * self.joints * self.channels

    @property
    def score_bytes(self) -> int:
        """Of one score, signed, lowest byte first."""
        return -(-self.logit_width // 8)

    @property
    def identity(self) -> bytes:
        """What a hello is answered with."""
        return (MAGIC + bytes([PROTOCOL]) + bytes.fromhex(self.hash[:16]) + self.frames.to_bytes(2, "little")
                + bytes([self.joints, self.persons, self.channels]) + self.classes.to_bytes(2, "little")
                + bytes([self.score_bytes]))


class ClipServer(wiring.Component):
    """Answers one request after another.

    A clip is kept until its checksum has been seen, so a damaged one never reaches the network. What comes while a
    request is being worked on is dropped, to the end of its frame. Throughput: 2 cycles per element and 1 per joint
    from the memory into the network; the line is slower. Storage: ``clip_bytes`` bytes.

    Parameters
    ----------
    cfg : ClipServerConfig

    Members
    -------
    byte, byte_strobe, end, good, inside : In, from a :class:`~hypgcn.boards.frames.FrameReceiver`
    reply : Out(stream, {data, last}), to a :class:`~hypgcn.boards.frames.FrameSender`
    joints : Out(stream, C x int8), scores : In(stream, result): the network
    busy : Out(1), a request is being worked on
    """

    def __init__(self, cfg: ClipServerConfig):
        self.cfg = cfg
        super().__init__({
            "byte": In(8), "byte_strobe": In(1), "end": In(1), "good": In(1), "inside": In(1),
            "reply": Out(stream.Signature(frame_byte_layout())),
            "joints": Out(stream.Signature(joint_layout(cfg.channels))),
            "scores": In(stream.Signature(result_layout(cfg.classes, cfg.logit_width))),
            "busy": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        m.submodules.clip = clip = Ram(8, cfg.clip_bytes, latency=1)
        header = 2
        most = header + cfg.clip_bytes + 1  # one more stands for any number more
        count = Signal(range(most + 1))
        request, sequence = Signal(8), Signal(8)
        reply, code = Signal(8), Signal(8)
        late = Signal()  # the frame under way began while a request was worked on

        place = Signal(range(cfg.clip_bytes + 1))
        channel = Signal(range(max(2, cfg.channels)))
        joint = Signal(data.ArrayLayout(signed(8), cfg.channels), reset_less=True)
        identity = Array(Const(byte, 8) for byte in cfg.identity)
        index = Signal(range(max(len(cfg.identity), cfg.score_bytes + 1)))
        score = Signal(signed(8 * cfg.score_bytes))

        m.d.comb += [
            clip.w_addr.eq(count - header), clip.w_data.eq(self.byte), clip.r_addr.eq(place),
            self.joints.payload.eq(joint), score.eq(self.scores.payload.score),
        ]

        def send(byte, then, last=0):
            m.d.comb += [self.reply.valid.eq(1), self.reply.payload.data.eq(byte), self.reply.payload.last.eq(last)]
            with m.If(self.reply.ready):
                then()

        def go(state):
            def then():
                m.next = state
            return then

        def rest():
            m.d.sync += [index.eq(0), count.eq(0), place.eq(0)]
            m.next = "Request"

        def answer(kind, state, error="damaged"):
            m.d.sync += [reply.eq(REPLIES[kind]), code.eq(ERRORS[error])]
            m.next = state

        m.d.comb += self.busy.eq(1)
        m.d.sync += late.eq(self.inside & ~self.end)
        with m.FSM():
            with m.State("Request"):
                m.d.comb += self.busy.eq(0)
                m.d.sync += late.eq(late & ~self.end)
                with m.If(self.byte_strobe & ~late):
                    with m.Switch(count):
                        with m.Case(0):
                            m.d.sync += request.eq(self.byte)
                        with m.Case(1):
                            m.d.sync += sequence.eq(self.byte)
                        with m.Default():
                            m.d.comb += clip.w_en.eq(count < header + cfg.clip_bytes)
                    m.d.sync += count.eq(Mux(count == most, most, count + 1))
                with m.If(self.end & ~late):
                    with m.If(~self.good):
                        m.d.sync += sequence.eq(0)
                        answer("error", "Kind")
                    with m.Elif((request == REQUESTS["hello"]) & (count == header)):
                        answer("identity", "Kind")
                    with m.Elif((request == REQUESTS["clip"]) & (count == header + cfg.clip_bytes)):
                        answer("result", "Fetch")
                    with m.Elif((request == REQUESTS["hello"]) | (request == REQUESTS["clip"])):
                        answer("error", "Kind", "length")
                    with m.Else():
                        answer("error", "Kind", "unknown")
            with m.State("Fetch"):
                m.next = "Gather"
            with m.State("Gather"):
                m.d.sync += [joint[channel].eq(clip.r_data.as_signed()), place.eq(place + 1), channel.eq(channel + 1)]
                m.next = "Fetch"
                with m.If(channel == cfg.channels - 1):
                    m.d.sync += channel.eq(0)
                    m.next = "Offer"
            with m.State("Offer"):
                m.d.comb += self.joints.valid.eq(1)
                with m.If(self.joints.ready):
                    m.next = "Fetch"
                    with m.If(place == cfg.clip_bytes):
                        m.next = "Kind"
            with m.State("Kind"):
                send(reply, go("Sequence"))
            with m.State("Sequence"):
                def body():
                    with m.Switch(reply):
                        with m.Case(REPLIES["identity"]):
                            m.next = "Identity"
                        with m.Case(REPLIES["result"]):
                            m.next = "Flags"
                        with m.Default():
                            m.next = "Error"
                send(sequence, body)
            with m.State("Error"):
                send(code, rest, last=1)
            with m.State("Identity"):
                def next_byte():
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == len(cfg.identity) - 1):
                        rest()
                send(identity[index], next_byte, last=index == len(cfg.identity) - 1)
            with m.State("Flags"):
                with m.If(self.scores.valid):
                    send(self.scores.payload.overflow, go("Scores"))
            with m.State("Scores"):
                last_byte = index == cfg.score_bytes - 1

                def next_part():
                    m.d.sync += index.eq(index + 1)
                    with m.If(last_byte):
                        m.d.comb += self.scores.ready.eq(1)
                        m.d.sync += index.eq(0)
                        with m.If(self.scores.payload.last):
                            rest()
                with m.If(self.scores.valid):
                    send(score.word_select(index, 8), next_part, last=last_byte & self.scores.payload.last)
        return m
