"""The host's side of the UART by itself; with a board it is tested in tests/hdl/boards/test_uart_top.py."""

import fcntl
import os
import struct
import sys
import tty

import numpy as np
import pytest

from hypgcn_host import BusError
from hypgcn_host.uart import FLAG, ProtocolError, UartClient, crc16, open_port, unwrap, wrap

IDENTITY = b"HGCN\x01" + bytes(range(8)) + bytes([2, 0, 4, 1, 3, 2, 0, 3])


class Script:
    """A port that answers what it is told: one bytes per request, sequence numbers filled in for ``?``."""

    def __init__(self, *answers):
        self.answers, self.ready, self.asked = list(answers), b"", []

    def write(self, data):
        self.asked.append(unwrap(data[1:-1]))
        if self.answers:
            answer = self.answers.pop(0)
            self.ready += answer(self.asked[-1][1]) if callable(answer) else answer

    def read(self, seconds):
        data, self.ready = self.ready[:5], self.ready[5:]  # in pieces, as lines do
        return data


def reply(kind, body):
    return lambda sequence: wrap(bytes([kind, sequence]) + body)


def result(*scores, overflow=0):
    return reply(0x82, bytes([overflow]) + b"".join(score.to_bytes(3, "little", signed=True) for score in scores))


CLIP = np.arange(24, dtype=np.int8).reshape(1, 2, 4, 3)


def test_identity_and_result():
    port = Script(reply(0x81, IDENTITY), result(-5, 9, overflow=1))
    client = UartClient(port)
    identity = client.hello()
    assert (identity.hash, identity.shape, identity.classes) == ("0001020304050607", (1, 2, 4, 3), 2)
    found = client.classify(CLIP)
    assert (found.scores.tolist(), found.overflow, found.argmax) == ([-5, 9], True, 1)
    assert port.asked == [b"\x01\x01", b"\x02\x02" + CLIP.tobytes()]


def test_raw_joints():
    raw = IDENTITY[:17] + bytes([0x83]) + IDENTITY[18:]
    port = Script(reply(0x81, raw), result(3, 4))
    client = UartClient(port)
    identity = client.hello()
    assert (identity.shape, identity.element_bytes, identity.dtype) == ((1, 2, 4, 3), 2, np.int16)
    clip = 300 * CLIP.astype(np.int16)
    assert client.classify(clip).argmax == 1
    assert port.asked[1] == b"\x02\x02" + clip.astype("<i2").tobytes()
    with pytest.raises(TypeError, match="clip must be int16, not int8"):
        client.classify(CLIP)


def test_an_ensemble():
    """A class after the other: its sum, then its scores by each network."""
    two = IDENTITY[:4] + b"\x02" + IDENTITY[5:] + b"\x02"
    client = UartClient(Script(reply(0x81, two), result(9, 1, 2, -8, 3, -4)))
    assert client.hello().streams == 2
    found = client.classify(CLIP)
    assert (found.scores.tolist(), found.streams.tolist(), found.argmax) == ([9, -8], [[1, 3], [2, -4]], 0)
    assert UartClient(Script(reply(0x81, IDENTITY), result(3, 3))).classify(CLIP).streams.size == 0
    with pytest.raises(ProtocolError, match="the identity must have 22 bytes, not 21"):
        UartClient(Script(reply(0x81, two[:-1]))).hello()
    with pytest.raises(ProtocolError, match="a result must have 19 bytes, not 7"):
        UartClient(Script(reply(0x81, two), result(3, 3))).classify(CLIP)


def test_the_first_classification_says_hello():
    assert UartClient(Script(reply(0x81, IDENTITY), result(3, 3))).classify(CLIP).argmax == 0


@pytest.mark.parametrize("first", [
    b"", b"noise", wrap(b"\x81\x63" + IDENTITY), wrap(b"\x83\x00\x01"), wrap(b"\x81\x01" + IDENTITY)[:-4] + b"\x7e",
])
def test_asks_again(first):
    client = UartClient(Script(first, reply(0x81, IDENTITY)))
    client.hello()
    assert client.repeated == 1


class Babbler:
    """A port that is never silent."""

    def __init__(self, noise):
        self.noise, self.requests, self.read_bytes = noise, 0, 0

    def write(self, data):
        self.requests += 1

    def read(self, seconds):
        assert self.read_bytes < 1_000_000, "the client does not give up"
        self.read_bytes += len(self.noise)
        return self.noise


@pytest.mark.parametrize("noise", [b"login: ", b"\x7e", wrap(b"\x81\x63" + IDENTITY), wrap(b"\x82\x63\x00")])
def test_line_that_is_never_silent(noise):
    """Text without frames, empty frames, and good frames that answer something else."""
    port = Babbler(noise)
    with pytest.raises(ProtocolError, match="no answer after 2 attempts; last: nothing"):
        UartClient(port, retries=1).hello()
    assert port.requests == 2


@pytest.mark.parametrize(("answer", "message"), [
    (reply(0x81, b"XXXX" + IDENTITY[4:]), "not a hypgcn board"),
    (reply(0x81, b"HGCN\x03" + IDENTITY[5:]), "protocol must be 1 or 2, not 03"),
    (reply(0x81, b"HGCN"), "protocol must be 1 or 2, not missing"),
    (reply(0x81, IDENTITY[:-1]), "must have 21 bytes, not 20"),
    (reply(0x83, b"\x02"), "refuses: the request is unknown"),
    (reply(0x83, b"\x07"), "refuses: error 7"),
])
def test_wrong_boards(answer, message):
    with pytest.raises(ProtocolError, match=message):
        UartClient(Script(answer)).hello()


def test_wrong_result_and_hash():
    client = UartClient(Script(reply(0x81, IDENTITY), result(1)))
    client.hello("0001020304050607" + "a" * 48)
    with pytest.raises(ProtocolError, match="must have 7 bytes, not 4"):
        client.classify(CLIP)
    with pytest.raises(ProtocolError, match="the board has design 0001020304050607, not ffffffffffffffff"):
        UartClient(Script(reply(0x81, IDENTITY))).hello("f" * 64)


@pytest.mark.parametrize(("clip", "error", "message"), [
    (CLIP.astype(np.float32), TypeError, "clip must be int8, not float32"),
    (CLIP[:, :1], ValueError, r"clip must have shape \(1, 2, 4, 3\), not \(1, 1, 4, 3\)"),
])
def test_rejects_clips(clip, error, message):
    with pytest.raises(error, match=message):
        UartClient(Script(reply(0x81, IDENTITY))).classify(clip)


@pytest.mark.parametrize(("options", "message"), [({"timeout": 0}, "timeout must be"),
                                                  ({"retries": -1}, "retries must be")])
def test_rejects_options(options, message):
    with pytest.raises(ValueError, match=message):
        UartClient(None, **options)


def test_frames():
    for payload in (b"a", bytes(range(256)), bytes([FLAG] * 5)):
        frame = wrap(payload)
        assert frame[0] == frame[-1] == FLAG
        assert FLAG not in frame[1:-1]
        assert unwrap(frame[1:-1]) == payload
    assert crc16(b"") == 0
    for damaged in (b"", b"ab", b"\x7d", b"\x7d\x7dabc", wrap(b"abc")[1:-2]):
        assert unwrap(damaged) is None


def test_serial_device():
    master, slave = os.openpty()
    tty.setraw(master)
    with open_port(os.ttyname(slave), 115200) as port:
        port.write(b"\x00\x7e\n\xff")
        assert os.read(master, 10) == b"\x00\x7e\n\xff"
        os.write(master, b"\r\x03\x11")
        assert port.read(5) == b"\r\x03\x11"
        assert port.read(0.01) == b""
    with pytest.raises(ValueError, match="baud must be a rate"):
        open_port(os.ttyname(slave), 12345)
    os.close(master)
    os.close(slave)


def test_rates_of_macos(monkeypatch):
    """Its termios ends at 230,400 baud; IOKit sets any rate."""
    master, slave = os.openpty()
    calls = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "ioctl", lambda *call: calls.append(call))
    with open_port(os.ttyname(slave), 12345) as port:
        assert calls == [(port.file, 0x80085402, struct.pack("@Q", 12345))]
    os.close(master)
    os.close(slave)


def test_devices_that_fail(monkeypatch, tmp_path):
    with pytest.raises(BusError, match="none cannot be opened: No such file"):
        open_port(str(tmp_path / "none"))
    (tmp_path / "file").touch()
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(BusError, match="file is no serial device, or cannot be set to 115200 baud"):
        open_port(str(tmp_path / "file"), 115200)
    assert len(os.listdir("/dev/fd")) == before
    master, slave = os.openpty()
    tty.setraw(master)
    with open_port(os.ttyname(slave), 115200) as port:
        os.close(slave)
        os.close(master)  # unplugged
        with pytest.raises(BusError, match="the serial line failed"):
            UartClient(port, timeout=0.1).hello()
    monkeypatch.setitem(sys.modules, "termios", None)
    with pytest.raises(BusError, match="needs Linux or macOS"):
        open_port(str(tmp_path / "file"))


def test_next_request_after_an_interruption():
    """Half a request or half an answer is on the line."""
    for at in range(3):
        port = Script(reply(0x81, IDENTITY), result(1, 2), result(3, 4))
        client = UartClient(port)
        client.hello()
        real, left = port.read, [at]

        def read(seconds, real=real, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return real(seconds)

        port.read = read
        with pytest.raises(KeyboardInterrupt):
            client.classify(CLIP)
        port.read = real
        assert client.classify(CLIP).scores.tolist() == [3, 4]
