import dataclasses

import pytest

from hypgcn.boards.clip_server import ERRORS, MAGIC, PROTOCOL, RAW, REPLIES, REQUESTS, ClipServer, ClipServerConfig
from hypgcn.design.presets import preset
from hypgcn_host import uart as host
from testbench import STREAM_PATTERNS, run

CFG = ClipServerConfig(persons=2, frames=3, joints=2, channels=3, classes=3, logit_width=20,
                       hash="0123456789abcdef" + "0" * 48)
GOOD_CLIP = [0x02, 9, *range(1, CFG.clip_bytes + 1)]


def test_host_knows_the_same_numbers():
    assert (host.MAGIC, host.PROTOCOL) == (MAGIC, PROTOCOL)
    assert {"hello": host.HELLO, "clip": host.CLIP} == REQUESTS
    assert {"identity": host.IDENTITY, "result": host.RESULT, "error": host.ERROR} == REPLIES
    assert set(host.ERRORS) == set(ERRORS.values())
    assert host.DAMAGED == ERRORS["damaged"]


def test_numbers_of_a_design():
    design = preset("tiny")
    cfg = ClipServerConfig.of(design)
    assert cfg.clip_bytes == 2 * 6 * 5 * 3
    assert cfg.score_bytes == -(-design.logit_width // 8)
    assert CFG.identity == b"HGCN\x01" + bytes.fromhex("0123456789abcdef") + bytes([3, 0, 2, 2, 3, 3, 0, 3])


@pytest.mark.parametrize(("field", "value", "error"), [
    ("persons", 0, ValueError), ("persons", 256, ValueError), ("frames", 65536, ValueError), ("joints", 0, ValueError),
    ("channels", 17, ValueError), ("classes", 0, ValueError), ("logit_width", 49, ValueError),
    ("frames", 2.0, TypeError),
    ("joints", True, TypeError), ("hash", "xyz", ValueError), ("hash", "0123", ValueError), ("hash", None, ValueError),
])
def test_rejects(field, value, error):
    with pytest.raises(error, match=f"{field} must be"):
        dataclasses.replace(CFG, **{field: value})


def serve(requests, replies, idle=0.0, stall=0.0, scores=(5, -6, 7), overflow=0, early=b"", cfg=CFG):
    """(replies, joints) of a server; ``requests`` are (payload, good), each sent when the server is idle."""
    dut = ClipServer(cfg)

    async def ask(ctx):
        for payload, good in requests:
            while ctx.get(dut.busy):
                await ctx.tick()
            await ctx.tick()
            for byte in payload:
                ctx.set(dut.byte, byte)
                ctx.set(dut.byte_strobe, 1)
                ctx.set(dut.inside, 1)
                await ctx.tick()
            ctx.set(dut.byte_strobe, 0)
            ctx.set(dut.end, 1)
            ctx.set(dut.good, good)
            await ctx.tick()
            ctx.set(dut.end, 0)
            ctx.set(dut.inside, 0)
            if early:  # the beginning of a frame while the server works, its end when it rests again
                ctx.set(dut.inside, 1)
                await ctx.tick()
                while ctx.get(dut.busy):
                    await ctx.tick()
                for byte in early:
                    ctx.set(dut.byte, byte)
                    ctx.set(dut.byte_strobe, 1)
                    await ctx.tick()
                ctx.set(dut.byte_strobe, 0)
                ctx.set(dut.end, 1)
                ctx.set(dut.good, 1)
                await ctx.tick()
                ctx.set(dut.end, 0)
                ctx.set(dut.inside, 0)

    clips = sum(good and len(payload) == 2 + cfg.clip_bytes and payload[0] == 2 for payload, good in requests)
    items = [{"index": n, "score": score, "last": int(n == len(scores) - 1), "overflow": overflow}
             for _ in range(clips) for n, score in enumerate(scores)]
    count = sum(map(len, replies))
    out = run(dut, {"scores": items}, {"reply": count, "joints": clips * cfg.clip_bytes // cfg.joint_bytes}, seed=4,
              idle=idle, stall=stall, testbenches=[ask], timeout=20_000)
    found, reply = [], []
    for item in out["reply"]:
        reply.append(item["data"])
        if item["last"]:
            found.append(bytes(reply))
            reply = []
    assert not reply
    return found, out["joints"]


RESULT = bytes([0x82, 9, 0, 5, 0, 0, 0xFA, 0xFF, 0xFF, 7, 0, 0])


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
def test_answers(idle, stall):
    hello = bytes([0x81, 7]) + CFG.identity
    replies, joints = serve([([1, 7], 1), (GOOD_CLIP, 1), ([1, 7], 1)], [hello, RESULT, hello], idle, stall)
    assert replies == [hello, RESULT, hello]
    assert joints == [[n, n + 1, n + 2] for n in range(1, CFG.clip_bytes + 1, 3)]


def test_raw_joints():
    """Two bytes a coordinate, the lower one first; the identity says so in its channels."""
    raw = dataclasses.replace(CFG, element_width=16)
    assert raw.clip_bytes == 2 * CFG.clip_bytes
    assert raw.identity == CFG.identity[:17] + bytes([0x80 | 3]) + CFG.identity[18:] and host.RAW == RAW == 0x80
    elements = [(997 * n) % 65536 - 32768 for n in range(CFG.clip_bytes)]
    content = b"".join(element.to_bytes(2, "little", signed=True) for element in elements)
    replies, joints = serve([([0x02, 9, *content], 1), (GOOD_CLIP, 1)], [RESULT, bytes([0x83, 9, 3])], 0.2, 0.3,
                            cfg=raw)
    assert replies == [RESULT, bytes([0x83, 9, 3])]
    assert joints == [elements[at:at + 3] for at in range(0, len(elements), 3)]
    with pytest.raises(ValueError, match="element_width must be one of 8, 16, not 32"):
        dataclasses.replace(CFG, element_width=32)


def test_overflow_is_the_flag():
    wanted = bytes([0x82, 9, 1]) + RESULT[3:]
    assert serve([(GOOD_CLIP, 1)], [wanted], overflow=1)[0] == [wanted]


@pytest.mark.parametrize(("payload", "good", "error"), [
    (GOOD_CLIP, 0, [0x83, 0, 1]), ([1, 7], 0, [0x83, 0, 1]), ([], 0, [0x83, 0, 1]), ([0x55, 7], 1, [0x83, 7, 2]),
    ([1, 7, 7], 1, [0x83, 7, 3]), (GOOD_CLIP[:-1], 1, [0x83, 9, 3]), ([*GOOD_CLIP, 1], 1, [0x83, 9, 3]),
    ([*GOOD_CLIP, *range(200)], 1, [0x83, 9, 3]), ([2, 9], 1, [0x83, 9, 3]),
])
def test_refuses_and_goes_on(payload, good, error):
    wanted = [bytes(error), RESULT]
    assert serve([(payload, good), (GOOD_CLIP, 1)], wanted)[0] == wanted


def test_a_frame_that_began_too_early_is_dropped():
    wanted = [RESULT, RESULT]
    assert serve([(GOOD_CLIP, 1), (GOOD_CLIP, 1)], wanted, early=bytes([1, 2]))[0] == wanted
