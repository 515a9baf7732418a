"""Whatever comes in a stream, what goes out is defined."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from firmware.live.bodies import FakeCore, design_for, moving

from hypgcn_host import BusError
from hypgcn_host.live import runner
from hypgcn_host.live.answer import Answer
from hypgcn_host.live.classifier import LiveClassifier, LiveConfig
from hypgcn_host.live.network import LiveNetwork
from hypgcn_host.live.runner import MAX_FAILURES, Totals, answer_record, follow
from hypgcn_host.live.schema import FrameReader, StreamFormat

POSE = moving(1, 20)[0, 0].tolist()


def line(time, *people):
    return json.dumps({"time": time, "people": [{"id": person, "joints": POSE} for person in people]}).encode() + b"\n"


class Feed:
    """Frames of the numbers ``late`` are behind."""

    def __init__(self, late=()):
        self.late, self.count = late, -1

    def behind(self, time):
        self.count += 1
        return self.count in self.late


def followed(lines, core=None, *, late=(), **config):
    core = core or FakeCore(lambda clip: 1)
    live = LiveClassifier([LiveNetwork(design=design_for(), core=core)],
                          LiveConfig(**{"begin": 0.0, "smooth": 0.0, "window": 0.5, **config}))
    records, shown, totals = [], [], Totals()
    try:
        follow(Feed(late), lines, FrameReader(StreamFormat(), joints=20), live, records.append, shown.append, totals)
    finally:
        followed.last = records, totals
    return records, totals, live, shown


def test_answers():
    records, totals, live, shown = followed([line(0.1, 1), line(0.2, 1, "b")])
    assert [(record["time"], record["people"], record["label"], record["class"]) for record in records] == [
        (0.1, [1], "stand", 1), (0.2, [1], "stand", 1), (0.2, ["b"], "stand", 1)]
    assert records[0]["best"][0] == ["stand", records[0]["probability"]] and len(records[0]["best"]) == 3
    assert records[0]["seconds"] == 0 and records[0]["latency_ms"] > 0 and "flags" not in records[0]
    assert (totals.frames, totals.answers, totals.errors, len(shown)) == (2, 3, 0, 2)
    assert all(json.loads(json.dumps(record, allow_nan=False)) == record for record in records)


def test_scores_are_by_label():
    """Those of the sum, and of each network where there are several; they are left out where nobody asked for them."""
    answer = Answer(time=1.0, people=(1,), label="sit", best=0, probabilities=np.array([0.7, 0.2, 0.1]), seconds=1.0,
                    logits=np.array([1.5, 0.25, -1 / 3]), latency=0.01, flags=(),
                    streams={"joint": np.array([1.0, 0.0, 0.0]), "bone": np.array([2.0, 0.5, -2 / 3])})
    labels = ["sit", "stand", "wave"]
    record = answer_record(answer, labels, scores=True)
    assert record["scores"] == {"sit": 1.5, "stand": 0.25, "wave": -0.333333}
    assert record["streams"] == {"joint": {"sit": 1.0, "stand": 0.0, "wave": 0.0},
                                 "bone": {"sit": 2.0, "stand": 0.5, "wave": -0.666667}}
    assert "streams" not in answer_record(replace(answer, streams={}), labels, scores=True)
    assert not {"scores", "streams"} & set(answer_record(answer, labels))


def test_no_action_has_no_class():
    records, *_ = followed([line(0.1, 1)], FakeCore(score=1))
    assert records[0]["label"] is None and records[0]["class"] is None


def test_flags_are_passed_on():
    records, *_ = followed([line(0.1, 1)], FakeCore(flags=("overflow",)))
    assert records[0]["flags"] == ["overflow"]


@pytest.mark.parametrize(("bad", "text"), [
    (b'{"time": 0.15, "people": [{"id": 1, "joi', "line 2: a line must be a JSON object, but ends too early"),
    (b"\x00\x01", "line 2: a line must be a JSON object, but "),
    (b'{"time": NaN, "people": []}', "line 2: time must be a finite number of seconds, not nan"),
    (b'{"time": 0.15, "people": [{"id": 1, "joints": [[1, 2, 3]]}]}', r"line 2: people[0].joints must have 20 joints"),
    (b'{"skeleton": "coco17"}', "line 2: time must be a number of seconds, not null"),
])
def test_a_line_that_is_no_frame(bad, text):
    records, totals, live, _ = followed([line(0.1, 1), bad, line(0.2, 1)])
    assert [list(record)[0] for record in records] == ["time", "error", "time"]
    assert records[1]["error"].startswith(text)
    assert (totals.frames, totals.errors) == (2, 1)


def test_nan_is_a_missing_joint():
    entry = json.loads(line(0.1, 1))
    entry["people"][0]["joints"][3] = [float("nan")] * 3
    core = FakeCore()
    records, totals, *_ = followed([json.dumps(entry).encode()], core)
    assert totals.errors == 0 and core.clips[0][0, 0, 3].any()
    parent = 2  # the head stands at the place of the nearest joint
    np.testing.assert_array_equal(core.clips[0][0, 0, 3], core.clips[0][0, 0, parent])


def test_time_that_goes_back():
    records, totals, live, _ = followed([line(time, 1) for time in (5.0, 5.2, 5.1, 5.2, 1.0)])
    kinds = [next(key for key in record if key not in ("time", "people")) for record in records]
    assert kinds == ["label", "label", "double", "label", "left", "restart"]
    assert (live.late, live.doubles, live.restarts) == (1, 1, 1)


def test_nobody_and_blank_lines():
    records, totals, *_ = followed([b"\n", line(0.1), b"  \n", line(0.2)])
    assert records == [] and totals.frames == 2


def test_forty_people():
    records, *_ = followed([line(n / 30, *range(40)) for n in range(3)], people=32)
    answers = [record for record in records if "label" in record]
    assert len(answers) == 96
    refused = [record for record in records if "refused" in record]
    assert len(refused) == 1 and refused[0]["refused"] == list(range(32, 40))
    assert refused[0]["error"] == "more people than --people 32"


def test_people_who_leave():
    records, *_ = followed([line(0.0, 1, 2), line(1.5, 2)])
    assert {"time": 1.5, "left": [1]} in records


def test_frames_that_wait_pass_without_an_answer():
    records, totals, *_ = followed([line(n / 30, 1) for n in range(6)], late=(1, 2, 3))
    assert [record["time"] for record in records] == [0, 0.133333, 0.166667]
    assert (totals.frames, totals.passed, totals.answers) == (6, 3, 3)


def test_a_core_that_fails_now_and_then():
    core = FakeCore()

    def choose(clip):
        if len(core.clips) % 2:
            raise BusError("the line failed")
        return 0

    core.choose = choose
    records, totals, *_ = followed([line(n / 30, 1) for n in range(20)], core)
    assert totals.errors == 10 and totals.answers == 10
    assert records[0] == {"time": 0.0, "error": "core: the line failed"}


def test_a_core_that_is_dead():
    def choose(clip):
        raise BusError("the line is dead")

    with pytest.raises(BusError, match="the line is dead"):
        followed([line(n / 30, 1) for n in range(20)], FakeCore(choose))
    records, totals = followed.last
    assert totals.errors == len(records) == MAX_FAILURES


def test_report():
    _, totals, live, _ = followed([line(n / 30, 1) for n in range(10)])
    live.networks[0].prepare_seconds, live.networks[0].core_seconds = 0.01, 0.03
    record = totals.to_dict(live)
    assert record["host_ms_per_clip"] == 1 and record["core_ms_per_clip"] == 3
    assert record["people_per_second"] == 250 and record["people_at_30_frames"] == 8.33
    assert record["frames"] == record["answers"] == 10
    assert 0 < record["latency_ms"]["median"] <= record["latency_ms"]["95 %"] <= record["latency_ms"]["max"]
    assert Totals().to_dict(LiveClassifier([LiveNetwork(design=design_for(), core=FakeCore())]))["frames"] == 0


def test_latencies_do_not_grow(monkeypatch):
    totals = Totals()
    totals.latencies.extend(range(50_000))
    assert len(totals.latencies) == 10_000


def test_nothing_grows_from_line_to_answer(monkeypatch):
    """New people every few frames without identities, errors, late frames: memory stays where it is after a warm-up."""
    monkeypatch.setattr(runner, "_KEPT", 50)
    core = FakeCore()

    def forget(clip):
        core.clips.clear()
        return 0

    core.choose = forget
    live = LiveClassifier([LiveNetwork(design=design_for(), core=core)],
                          LiveConfig(begin=0.0, window=0.4, hop=5, patience=0.3))
    used = []

    def lines():
        for n in range(2400):
            if n in (1200, 2399):
                used.append(tracemalloc.get_traced_memory()[0])
            shift = 100.0 * (n // 5)
            joints = [[x + shift, y, z] for x, y, z in POSE]
            yield b"half a line" if n % 50 == 7 else json.dumps(
                {"time": (n - 7.5 * (n % 11 == 0)) / 30, "people": [{"joints": joints}]}).encode()

    tracemalloc.start()
    follow(Feed(), lines(), FrameReader(StreamFormat(), joints=20), live, lambda record: None, lambda frame: None,
           totals := Totals())
    tracemalloc.stop()
    assert totals.errors == 48 and totals.frames == 2352 and live.late > 100
    assert used[1] - used[0] < 80_000, f"{used[1] - used[0]} bytes more after 1200 frames"
