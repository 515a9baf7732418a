"""Requests in frames, replies in frames: the protocol of a network on a serial line (``docs/boards.md``)."""

from contextlib import contextmanager
from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import Design, limits
from ..design.checks import check_choice, check_hash, check_limit
from ..design.ensemble import Ensemble
from ..design.raw_input import RAW_BITS
from ..mem import Ram
from ..stream.layouts import frame_byte_layout, joint_layout, result_layout

__all__ = ["ENSEMBLE_PROTOCOL", "ERRORS", "MAGIC", "PROTOCOL", "RAW", "REPLIES", "REQUESTS", "ClipServer",
           "ClipServerConfig"]

MAGIC = b"HGCN"
PROTOCOL = 1
"""Version of the protocol; incremented with every change that breaks an old host."""
ENSEMBLE_PROTOCOL = 2
"""Version of boards with several networks: the identity has the number of networks behind all else, and in a result
the scores of a class by each network follow that of the sum."""
REQUESTS = {"hello": 0x01, "clip": 0x02}
"""First byte of a request, by kind."""
REPLIES = {"identity": 0x81, "result": 0x82, "error": 0x83}
"""First byte of a reply, by kind."""
ERRORS = {"damaged": 1, "unknown": 2, "length": 3}
"""Last byte of an error reply: wrong checksum, unknown kind of request, wrong length of its kind."""

RAW = 0x80
"""Bit of the identity's channels that is set where clips are raw joints, int16. A host that does not know it finds no
clip of the shape."""

_HEADER = 2
"""Bytes of a request before its content: kind and sequence number."""


@dataclass(frozen=True, kw_only=True)
class ClipServerConfig:
    """Shape of the clips and results of a clip server, and the identity that it reports.

    Parameters
    ----------
    persons, frames, joints, channels : int
        M, T, V, C of a clip, within :data:`~hypgcn.design.limits.SHAPE`.
    classes : int
        Scores of a result.
    logit_width : int, 2..48
        Bits of a signed score.
    hash : str
        Hash of the design, at least 16 hexadecimal digits.
    element_width : 8 or 16
        Bits of an element of a clip: int8, or int16 of raw joints.
    stream_widths : tuple of int, each 2..48
        Bits of a signed score of each network of an ensemble; empty for one network.
    """

    persons: int
    frames: int
    joints: int
    channels: int
    classes: int
    logit_width: int
    hash: str
    element_width: int = 8
    stream_widths: tuple[int, ...] = ()

    def __post_init__(self):
        for name, limit in limits.SHAPE.items():
            check_limit(name, getattr(self, name), limit)
        check_limit("logit_width", self.logit_width, limits.LOGIT_WIDTH)
        check_hash("hash", self.hash)
        check_choice("element_width", self.element_width, (8, RAW_BITS))
        for index, width in enumerate(self.stream_widths):
            check_limit(f"stream_widths[{index}]", width, limits.LOGIT_WIDTH)

    @classmethod
    def of(cls, design: Design) -> "ClipServerConfig":
        """Configuration of ``design``."""
        return cls(**{name: getattr(design, name) for name in
                      ("persons", "frames", "joints", "channels", "classes", "logit_width", "hash",
                       "element_width")})

    @classmethod
    def of_ensemble(cls, ensemble: Ensemble) -> "ClipServerConfig":
        """Configuration of ``ensemble``."""
        design = ensemble.designs[0]
        return cls(**{name: getattr(design, name) for name in
                      ("persons", "frames", "joints", "channels", "classes", "element_width")},
                   logit_width=ensemble.score_width, hash=ensemble.hash, stream_widths=ensemble.logit_widths)

    @property
    def joint_bytes(self) -> int:
        """Bytes of a joint, the lower one of an element first."""
        return self.channels * self.element_width // 8

    @property
    def clip_bytes(self) -> int:
        """Bytes of a clip."""
        return self.persons * self.frames * self.joints * self.joint_bytes

    @property
    def score_bytes(self) -> int:
        """Bytes of one score, signed, lowest byte first."""
        return -(-max(self.logit_width, *self.stream_widths) // 8) if self.stream_widths else -(-self.logit_width // 8)

    @property
    def class_bytes(self) -> int:
        """Bytes of all scores of a class: that of the sum, and of each network of an ensemble."""
        return self.score_bytes * (1 + len(self.stream_widths))

    @property
    def identity(self) -> bytes:
        """Content of the reply to a hello."""
        channels = self.channels | (RAW if self.element_width == RAW_BITS else 0)
        protocol = ENSEMBLE_PROTOCOL if self.stream_widths else PROTOCOL
        streams = bytes([len(self.stream_widths)] if self.stream_widths else [])
        return (MAGIC + bytes([protocol]) + bytes.fromhex(self.hash[:16]) + self.frames.to_bytes(2, "little")
                + bytes([self.joints, self.persons, channels]) + self.classes.to_bytes(2, "little")
                + bytes([self.score_bytes]) + streams)


class _State:
    """Registers and counters that the stages of the server share.

    Parameters
    ----------
    cfg : ClipServerConfig
    """

    def __init__(self, cfg):
        # The highest count stands for any longer request: the counter saturates there.
        self.max_count = _HEADER + cfg.clip_bytes + 1
        self.count = Signal(range(self.max_count + 1))  # bytes of the request so far
        self.request = Signal(8)
        self.sequence = Signal(8)
        self.reply = Signal(8)
        self.code = Signal(8)
        self.late = Signal()  # the frame on the line began while a request was worked on

        self.place = Signal(range(cfg.clip_bytes + 1))  # next byte of the clip to be read
        self.channel = Signal(range(max(2, cfg.joint_bytes)))    # of int8; of wider ones the byte of the joint
        self.joint = Signal(data.ArrayLayout(signed(cfg.element_width), cfg.channels), reset_less=True)
        self.index = Signal(range(max(len(cfg.identity), cfg.class_bytes + 1)))  # byte of the identity or of a class
        self.score = Signal(signed(8 * cfg.class_bytes))


class ClipServer(wiring.Component):
    """Answers one request after another.

    A clip is kept until its checksum has been seen, so a damaged one never reaches the network. Frames that arrive
    while a request is being worked on are dropped to their end. Throughput: 2 cycles per byte and 1 per joint from
    the memory into the network; the UART is the bottleneck. Latency: 3 cycles from the end of a good clip to its first
    element at the joint. Storage: ``clip_bytes`` bytes of RAM.

    Parameters
    ----------
    cfg : ClipServerConfig

    Members
    -------
    byte, byte_strobe : In(8), In(1)
        A byte of payload, from a :class:`~hypgcn.boards.frames.FrameReceiver`.
    end, good : In(1), In(1)
        The frame is over; in that cycle: its checksum is right.
    inside : In(1)
        A frame is being received.
    reply : Out(stream, {data, last})
        Payload of replies, to a :class:`~hypgcn.boards.frames.FrameSender`.
    joints : Out(stream, C x int8, or C x int16)
        Clips to the network, in (person, frame, joint) order.
    scores : In(stream, result)
        Results of the network, class 0 first.
    busy : Out(1)
        A request is being worked on.
    """

    def __init__(self, cfg: ClipServerConfig):
        self.cfg = cfg
        super().__init__({
            "byte": In(8), "byte_strobe": In(1), "end": In(1), "good": In(1), "inside": In(1),
            "reply": Out(stream.Signature(frame_byte_layout())),
            "joints": Out(stream.Signature(joint_layout(cfg.channels, cfg.element_width))),
            "scores": In(stream.Signature(result_layout(cfg.classes, cfg.logit_width, cfg.stream_widths))),
            "busy": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.clip = clip = Ram(8, self.cfg.clip_bytes, latency=1)
        s = _State(self.cfg)
        m.d.comb += [
            clip.w_addr.eq(s.count - _HEADER),
            clip.w_data.eq(self.byte),
            clip.r_addr.eq(s.place),
            self.joints.payload.eq(s.joint),
            s.score.eq(self._class_scores()),
            self.busy.eq(1),
        ]
        # Half a frame must not be taken for a request: a frame that began too early is ignored to its end.
        m.d.sync += s.late.eq(self.inside & ~self.end)
        with m.FSM():
            self._receive_request(m, s, clip)
            self._play_clip(m, s, clip)
            self._send_header(m, s)
            self._send_error(m, s)
            self._send_identity(m, s)
            self._send_result(m, s)
        return m

    def _class_scores(self):
        """Scores of a class, a whole number of bytes each: of an ensemble that of the sum and those of its networks."""
        score = self.scores.payload.score
        if not self.cfg.stream_widths:
            return score
        words = [score, *(self.scores.payload[f"stream{index}"] for index in range(len(self.cfg.stream_widths)))]
        return Cat(Cat(word, word[-1].replicate(8 * self.cfg.score_bytes - len(word))) for word in words)

    def _receive_request(self, m, s, clip):
        """State Request: a frame goes into the memory, and its end decides on the reply."""
        cfg = self.cfg

        def answer(kind, state, error="damaged"):
            m.d.sync += [s.reply.eq(REPLIES[kind]), s.code.eq(ERRORS[error])]
            m.next = state

        with m.State("Request"):
            m.d.comb += self.busy.eq(0)
            m.d.sync += s.late.eq(s.late & ~self.end)
            with m.If(self.byte_strobe & ~s.late):
                with m.Switch(s.count):
                    with m.Case(0):
                        m.d.sync += s.request.eq(self.byte)
                    with m.Case(1):
                        m.d.sync += s.sequence.eq(self.byte)
                    with m.Default():
                        m.d.comb += clip.w_en.eq(s.count < _HEADER + cfg.clip_bytes)
                m.d.sync += s.count.eq(Mux(s.count == s.max_count, s.max_count, s.count + 1))
            with m.If(self.end & ~s.late):
                with m.If(~self.good):
                    # The sequence number of a damaged frame may be damaged too.
                    m.d.sync += s.sequence.eq(0)
                    answer("error", "Kind")
                with m.Elif((s.request == REQUESTS["hello"]) & (s.count == _HEADER)):
                    answer("identity", "Kind")
                with m.Elif((s.request == REQUESTS["clip"]) & (s.count == _HEADER + cfg.clip_bytes)):
                    answer("result", "Fetch")
                with m.Elif((s.request == REQUESTS["hello"]) | (s.request == REQUESTS["clip"])):
                    answer("error", "Kind", "length")
                with m.Else():
                    answer("error", "Kind", "unknown")

    def _play_clip(self, m, s, clip):
        """States Fetch, Gather, Offer: the clip goes from the memory into the network, joint by joint."""
        # Two cycles a byte, because the UART takes far longer for one: no read-ahead is needed.
        byte = s.joint[s.channel] if self.cfg.element_width == 8 else s.joint.as_value().word_select(s.channel, 8)
        with m.State("Fetch"):
            m.next = "Gather"
        with m.State("Gather"):
            m.d.sync += [
                byte.eq(clip.r_data.as_signed()),
                s.place.eq(s.place + 1),
                s.channel.eq(s.channel + 1),
            ]
            m.next = "Fetch"
            with m.If(s.channel == self.cfg.joint_bytes - 1):
                m.d.sync += s.channel.eq(0)
                m.next = "Offer"
        with m.State("Offer"):
            m.d.comb += self.joints.valid.eq(1)
            with m.If(self.joints.ready):
                m.next = "Fetch"
                with m.If(s.place == self.cfg.clip_bytes):
                    m.next = "Kind"

    @contextmanager
    def _sent(self, m, byte, last=0):
        """Offer ``byte`` of the reply; the block is what happens in the cycle in which it is taken."""
        m.d.comb += [self.reply.valid.eq(1), self.reply.payload.data.eq(byte), self.reply.payload.last.eq(last)]
        with m.If(self.reply.ready):
            yield

    def _finish(self, m, s):
        """The reply has been sent: wait for the next request."""
        m.d.sync += [s.index.eq(0), s.count.eq(0), s.place.eq(0)]
        m.next = "Request"

    def _send_header(self, m, s):
        """States Kind, Sequence: what every reply begins with."""
        with m.State("Kind"), self._sent(m, s.reply):
            m.next = "Sequence"
        with m.State("Sequence"), self._sent(m, s.sequence), m.Switch(s.reply):
            with m.Case(REPLIES["identity"]):
                m.next = "Identity"
            with m.Case(REPLIES["result"]):
                m.next = "Flags"
            with m.Default():
                m.next = "Error"

    def _send_error(self, m, s):
        """State Error: the one byte that says what was wrong."""
        with m.State("Error"), self._sent(m, s.code, last=1):
            self._finish(m, s)

    def _send_identity(self, m, s):
        """State Identity: the constant bytes by which a host knows the design."""
        identity = Array(Const(byte, 8) for byte in self.cfg.identity)
        last_byte = s.index == len(identity) - 1
        with m.State("Identity"), self._sent(m, identity[s.index], last=last_byte):
            m.d.sync += s.index.eq(s.index + 1)
            with m.If(last_byte):
                self._finish(m, s)

    def _send_result(self, m, s):
        """States Flags, Scores: the result as it comes from the network, which waits while the line sends."""
        with m.State("Flags"), m.If(self.scores.valid), self._sent(m, self.scores.payload.overflow):
            m.next = "Scores"
        last_byte = s.index == self.cfg.class_bytes - 1
        last = last_byte & self.scores.payload.last
        with m.State("Scores"), m.If(self.scores.valid), self._sent(m, s.score.word_select(s.index, 8), last):
            m.d.sync += s.index.eq(s.index + 1)
            with m.If(last_byte):
                m.d.comb += self.scores.ready.eq(1)
                m.d.sync += s.index.eq(0)
                with m.If(self.scores.payload.last):
                    self._finish(m, s)
