"""Lines at their speed, from files, pipes and queues that never grow."""

import io
import threading
import time

import pytest

from hypgcn_host.live import feeds
from hypgcn_host.live.feeds import FileFeed, QueueFeed, bounded_lines, open_feed
from hypgcn_host.live.schema import MAX_LINE


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.time = 100.0
        self.slept = []

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.slept.append(round(seconds, 6))
        self.time += seconds


def paced(tmp_path, speed):
    clock = Clock()
    (tmp_path / "x").write_bytes(b"")
    return FileFeed(tmp_path / "x", speed, now=clock.now, sleep=clock.sleep), clock


@pytest.mark.parametrize(("speed", "step"), [(1.0, 0.1), (4.0, 0.025)])
def test_a_recording_is_replayed_at_its_speed(tmp_path, speed, step):
    feed, clock = paced(tmp_path, speed)
    assert not any(feed.behind(7 + n / 10) for n in range(4))
    assert clock.slept == [pytest.approx(step)] * 3
    feed.close()


def test_no_waiting(tmp_path):
    feed, clock = paced(tmp_path, 0)
    assert not any(feed.behind(n) for n in range(9)) and not clock.slept
    feed.close()


def test_frames_whose_successors_are_due_are_behind(tmp_path):
    feed, clock = paced(tmp_path, 1.0)
    found = []
    for n in range(8):
        found.append(feed.behind(n / 10))
        clock.time += 0.35 if n == 2 else 0.0
    assert found == [False, False, False, True, True, False, False, False]
    feed.close()


@pytest.mark.parametrize("jump", [-50.0, 60.0])
def test_a_clock_that_jumps_begins_anew(tmp_path, jump):
    feed, clock = paced(tmp_path, 1.0)
    times = [0.0, 0.1, 0.1 + jump, 0.2 + jump]
    assert not any(feed.behind(moment) for moment in times)
    assert sum(clock.slept) == pytest.approx(0.2)
    feed.close()


def test_long_lines_do_not_stay():
    file = io.BytesIO(b"a\n" + b"x" * (3 * MAX_LINE) + b"\nb\nc")
    lines = list(bounded_lines(file))
    assert len(lines[1]) == MAX_LINE + 2 and lines[:1] + lines[2:] == [b"a\n", b"b\n", b"c"]


def test_a_queue_is_behind_while_lines_wait():
    feed = QueueFeed([b"a", b"b", b"c"])
    lines = iter(feed)
    assert next(lines) == b"a"
    time.sleep(0.05)
    assert feed.behind(0.0)
    assert list(lines) == [b"b", b"c"] and not feed.behind(0.0)


def test_every_answer_may_be_asked_for():
    feed = QueueFeed([b"a", b"b", b"c"], keep_up=False)
    next(iter(feed))
    assert not feed.behind(0.0)
    feed.close()


def test_a_queue_is_bounded(monkeypatch):
    monkeypatch.setattr(feeds, "QUEUE", 5)
    taken = []

    def endless():
        for n in range(10 ** 9):
            taken.append(n)
            yield b"x"

    feed = QueueFeed(endless())
    time.sleep(0.1)
    assert len(taken) <= 6
    before = threading.active_count()
    feed.close()
    deadline = time.monotonic() + 5
    while threading.active_count() >= before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() < before


def test_a_failure_of_the_source_reaches_the_reader():
    def broken():
        yield b"a"
        raise OSError("gone")

    lines = iter(QueueFeed(broken()))
    assert next(lines) == b"a"
    with pytest.raises(OSError, match="gone"):
        next(lines)


def test_sources(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"a\nb\n")
    feed = open_feed(str(path), speed=2.0, every=False, stdin=io.BytesIO())
    assert isinstance(feed, FileFeed) and feed.speed == 2.0 and list(feed) == [b"a\n", b"b\n"]
    feed.close()
    feed = open_feed(str(path), speed=1.0, every=True, stdin=io.BytesIO())
    assert feed.speed == 0
    feed.close()
    assert list(open_feed("-", speed=1.0, every=False, stdin=io.BytesIO(b"c\n"))) == [b"c\n"]
    with pytest.raises(ValueError, match="--source must be a file, - or ws://HOST:PORT/PATH, not 'http://x'"):
        open_feed("http://x", speed=1.0, every=False, stdin=io.BytesIO())
    with pytest.raises(FileNotFoundError):
        open_feed(str(tmp_path / "none"), speed=1.0, every=False, stdin=io.BytesIO())
    with pytest.raises(ValueError, match="speed must be above 0, or 0 for no waiting, not -1"):
        open_feed(str(path), speed=-1, every=False, stdin=io.BytesIO())
