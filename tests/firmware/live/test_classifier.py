"""Frames in, answers out: hops, people, smoothing, no action, and streams that are not as they should be."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from firmware.live.bodies import FakeCore, body, design_for, ensemble_for, moving

from hypgcn.golden.network import run
from hypgcn_host import BusError
from hypgcn_host.live import Frame, GoldenCore, LiveClassifier, LiveConfig, LiveNetwork, with_scores

QUICK = LiveConfig(window=0.4, hop=1, begin=0.0, smooth=0.0)


def classifier(core=None, config=QUICK, design=None, **settings):
    design = design or design_for()
    core = core or FakeCore()
    return LiveClassifier([LiveNetwork(design=design, core=core, **settings)], config), core


def feed(live, count, people=(1,), *, first=0, rate=30.0):
    """Updates of ``count`` frames in which all ``people`` are seen."""
    return [live.push((first + n) / rate, {person: body(seed=hash(person) % 97) for person in people})
            for n in range(count)]


def answers(updates):
    return [answer for update in updates for answer in update.answers]


def test_an_answer_every_hop():
    live, core = classifier(config=dataclasses.replace(QUICK, hop=4))
    found = answers(feed(live, 14))
    assert [round(30 * answer.time) for answer in found] == [3, 7, 11]
    assert len(core.clips) == 3 and live.answered == 3 and live.pushed == 14


def test_an_answer():
    live, _ = classifier(FakeCore(lambda clip: 2, score=50, flags=("overflow",)))
    answer = answers(feed(live, 13))[-1]
    assert (answer.people, answer.label, answer.best, answer.flags) == ((1,), "wave", 2, ("overflow",))
    assert answer.probability == pytest.approx(np.exp(5) / (np.exp(5) + 2))
    assert answer.time == 12 / 30 and answer.seconds == pytest.approx(11 / 30) and answer.latency > 0


def test_the_golden_integers_of_the_window():
    design = design_for(frames=12)
    live, _ = classifier(GoldenCore(design), design=design)
    recording = moving(20, 20)
    for n in range(20):
        update = live.push(n / 30, {1: with_scores(recording[0, n], scored=False)})
    answer, = update.answers
    clip = LiveNetwork(design=design, core=FakeCore()).clip(live._window.span((1,)))
    assert clip.shape == (1, 12, 20, 3)
    logits = run(design, clip)["logits"] * design.logit_scale
    powers = np.exp(logits - logits.max())
    np.testing.assert_allclose(answer.probabilities, powers / powers.sum())


def test_an_ensemble_answers_with_its_sum():
    """In one core, as its designs do in cores of their own; the logits of each stream are there, too."""
    ensemble, recording = ensemble_for(frames=12), moving(20, 20)
    one = LiveClassifier([LiveNetwork(design=ensemble, core=GoldenCore(ensemble))], QUICK)
    two = LiveClassifier([LiveNetwork(design=design, core=GoldenCore(design), weight=float(weight))
                          for design, weight in zip(ensemble.designs, ensemble.weights)], QUICK)
    for n in range(20):
        people = {1: with_scores(recording[0, n], scored=False)}
        (answer,), (other,) = (live.push(n / 30, people).answers for live in (one, two))
    assert list(answer.streams) == ["joint", "bone"] and list(other.streams) == ["live1", "live2"]
    for found, expected in zip(answer.streams.values(), other.streams.values()):
        np.testing.assert_allclose(found, expected)
    joint, bone = answer.streams.values()
    np.testing.assert_allclose(answer.logits, 0.75 * joint + 0.25 * bone, rtol=1e-3)
    np.testing.assert_allclose(answer.logits, other.logits, rtol=1e-3)
    np.testing.assert_allclose(answer.probabilities, np.exp(answer.logits) / np.exp(answer.logits).sum())
    assert not np.allclose(answer.logits, joint, rtol=0.05) and not np.allclose(answer.logits, bone, rtol=0.05)


def test_streams_of_several_windows_are_averaged():
    ensemble, recording = ensemble_for(), moving(20, 20)
    network = LiveNetwork(design=ensemble, core=GoldenCore(ensemble))
    live = LiveClassifier([network], dataclasses.replace(QUICK, window=(0.2, 0.5)))
    for n in range(20):
        update = live.push(n / 30, {1: with_scores(recording[0, n], scored=False)})
    long, short = (network.classify(live._window.span((1,), seconds)) for seconds in (0.5, 0.2))
    np.testing.assert_allclose(list(update.answers[0].streams.values()), (long.streams + short.streams) / 2)
    np.testing.assert_allclose(update.answers[0].logits, (long.logits + short.logits) / 2)


def test_names_of_the_networks_behind_an_answer():
    """One network has no parts; names that are alike are numbered, so that none is lost."""
    design, ensemble = design_for(), ensemble_for()
    def parts(*designs):
        return LiveClassifier([LiveNetwork(design=one, core=FakeCore()) for one in designs], QUICK).parts
    assert parts(design) == () and parts(ensemble) == ("joint", "bone")
    assert parts(design, design_for(seed=2)) == ("live1", "live2")
    assert parts(ensemble, design, ensemble) == ("1 joint", "2 bone", "3 live1", "4 joint", "5 bone")


def test_classes_in_another_order_are_those_of_the_first_network():
    first, other = ensemble_for(), ensemble_for(names=("wave", "sit", "stand"))
    live = LiveClassifier([LiveNetwork(design=one, core=GoldenCore(one)) for one in (first, other)], QUICK)
    answer = answers(feed(live, 6))[-1]
    joint, _, moved, _ = answer.streams.values()
    np.testing.assert_allclose(moved, joint[[1, 2, 0]])


def test_no_action_below_the_threshold():
    live, _ = classifier(FakeCore(score=1), dataclasses.replace(QUICK, threshold=0.5))
    answer = answers(feed(live, 1))[0]
    assert answer.label is None and answer.best == 0 and answer.probability < 0.5
    live, _ = classifier(FakeCore(score=30), dataclasses.replace(QUICK, threshold=0.5))
    assert answers(feed(live, 1))[0].label == "sit"


def test_nothing_before_there_is_enough_to_see():
    live, core = classifier(config=LiveConfig(window=1.0, begin=0.5))
    assert [round(30 * answer.time) for answer in answers(feed(live, 18))] == [15, 16, 17]
    feed(live, 1, (2,), first=18)
    assert len(core.clips) == 3


def test_scores_are_smoothed():
    place = [0]
    live, _ = classifier(FakeCore(lambda clip: place[0]), dataclasses.replace(QUICK, smooth=0.2))
    feed(live, 10)
    place[0] = 1
    found = [answer.best for answer in answers(feed(live, 10, first=10))]
    assert found == [0] * 4 + [1] * 6  # log(2) * 0.2 s are 4.2 frames


def test_smoothing_is_that_of_one_person():
    live, core = classifier(config=dataclasses.replace(QUICK, smooth=5.0))
    core.choose = lambda clip: len(core.clips) % 2
    found = answers(feed(live, 20, ("a", "b")))
    assert {answer.best for answer in found if answer.people == ("a",)} == {1}
    assert {answer.best for answer in found if answer.people == ("b",)} == {0}


def test_people_come_and_go():
    live, core = classifier(config=dataclasses.replace(QUICK, patience=0.2, smooth=9.0))
    assert [answer.people for answer in feed(live, 3, (1,))[-1].answers] == [(1,)]
    assert [answer.people for answer in feed(live, 3, (1, 2), first=3)[-1].answers] == [(1,), (2,)]
    updates = feed(live, 8, (2,), first=6)
    assert [update.left for update in updates] == [()] * 6 + [(1,)] + [()]
    assert {answer.people for answer in answers(updates)} == {(2,)}  # who is not seen gets no answer
    assert list(live._smoothing) == [(2,)]


def test_somebody_who_returns_within_patience_goes_on():
    live, core = classifier(config=dataclasses.replace(QUICK, window=1.0, patience=0.5))
    feed(live, 10)
    assert not answers(feed(live, 5, (), first=10))
    answer = feed(live, 1, first=15)[0].answers[0]
    assert answer.seconds == 0.5


def test_nobody_is_there():
    live, core = classifier()
    assert not answers(feed(live, 30, ()))
    empty = np.zeros((20, 4))
    assert not live.push(2.0, {1: empty}).answers and not core.clips


def test_forty_people():
    live, core = classifier()
    updates = feed(live, 2, range(40))
    assert [len(update.answers) for update in updates] == [32, 32] and len(core.clips) == 64
    assert updates[0].refused == tuple(range(32, 40)) and live.refused == 16


def test_more_people_than_places_are_several_clips():
    live, core = classifier(design=design_for(persons=2))
    found = feed(live, 1, (1, 2, 3, 4, 5))[0].answers
    assert [answer.people for answer in found] == [(1, 2), (3, 4), (5,)]
    assert [clip.any(axis=(1, 2, 3)).tolist() for clip in core.clips] == [[True] * 2, [True] * 2, [True, False]]


def test_late_double_and_restarted_frames():
    live, core = classifier(config=dataclasses.replace(QUICK, window=1.0))
    kinds = [(live.push(time, {1: body()}).kind, len(core.clips)) for time in (1.0, 1.2, 1.1, 1.2, 1.3)]
    assert kinds == [("new", 1), ("new", 2), ("late", 2), ("double", 2), ("new", 3)]
    update = live.push(0.2, {2: body()})
    assert (update.kind, update.left) == ("restart", (1,))
    assert [answer.people for answer in update.answers] == [(2,)]
    assert (live.late, live.doubles, live.restarts) == (1, 1, 1)


def test_a_late_frame_is_in_the_next_clip():
    order = ([0, 1, 2, 3, 4], [0, 2, 1, 3, 4])
    clips = []
    for frames in order:
        live, core = classifier()
        for n in frames:
            live.push(n / 30, {1: with_scores(moving(5, 20)[0, n], scored=False)})
        clips.append(core.clips[-1])
    np.testing.assert_array_equal(*clips)


def test_a_backlog_is_taken_in_without_answers():
    live, core = classifier()
    for n in range(9):
        live.push(n / 30, {1: body()}, answer=False)
    assert not core.clips
    assert live.push(9 / 30, {1: body()}).answers[0].seconds == pytest.approx(0.3)


def test_a_core_that_fails_is_asked_again():
    live, core = classifier()

    def fail(clip):
        raise BusError("the cable is out")

    core.choose = fail
    with pytest.raises(BusError, match="the cable is out"):
        live.push(0.0, {1: body()})
    core.choose = lambda clip: 1
    assert live.push(0.1, {1: body()}).answers[0].label == "stand"


def test_scores_of_networks_are_summed_by_weight_and_name():
    first = design_for()
    second = design_for(seed=2, names=("wave", "sit", "stand"))
    live = LiveClassifier([LiveNetwork(design=first, core=FakeCore(lambda clip: 0, score=10)),
                           LiveNetwork(design=second, core=FakeCore(lambda clip: 0, score=40), weight=0.5)], QUICK)
    answer = live.push(0.0, {1: body()}).answers[0]
    logits = np.array([1.0, 0, 2.0]) / 1.5
    np.testing.assert_allclose(answer.probabilities, np.exp(logits) / np.exp(logits).sum())
    assert live.labels[answer.best] == "wave"


def test_windows_of_several_lengths_are_averaged():
    live, core = classifier(FakeCore(score=30), dataclasses.replace(QUICK, window=(0.2, 0.4), hop=12))
    core.choose = lambda clip: (len(core.clips) + 1) % 2  # the longest clip first: class 0, then class 1
    answer = answers(feed(live, 12))[0]
    assert len(core.clips) == 2 and answer.seconds == pytest.approx(11 / 30)
    powers = np.exp([1.5, 1.5, 0])
    np.testing.assert_allclose(answer.probabilities, powers / powers.sum())
    network = LiveNetwork(design=design_for(), core=FakeCore())
    for clip, seconds in zip(core.clips, (0.4, 0.2)):
        np.testing.assert_array_equal(clip, network.clip(live._window.span((1,), seconds)))


def test_windows_that_hold_the_same_are_one_clip():
    live, core = classifier(config=dataclasses.replace(QUICK, window=(0.2, 0.3, 0.4)))
    feed(live, 4)
    assert len(core.clips) == 4
    feed(live, 1, first=20)
    assert len(core.clips) == 5


def test_networks_without_names():
    live, _ = classifier(design=dataclasses.replace(design_for(), class_names=()))
    assert feed(live, 1)[0].answers[0].label == "class 0"


def test_networks_that_do_not_belong_together():
    with pytest.raises(ValueError, match="networks must hold at least one network"):
        LiveClassifier([])
    one = LiveNetwork(design=design_for(), core=FakeCore())
    with pytest.raises(ValueError, match="designs must have the same classes, but live1 has 2 and live1 3"):
        LiveClassifier([one, LiveNetwork(design=design_for(classes=2, names=("a", "b")), core=FakeCore())])
    with pytest.raises(ValueError, match="design live1 must have the same classes, but lacks 'wave'"):
        LiveClassifier([one, LiveNetwork(design=design_for(names=("sit", "stand", "fall")), core=FakeCore())])
    with pytest.raises(ValueError, match="networks must take the same joints, but live1 takes 25 of xyz and live1 20"):
        LiveClassifier([one, LiveNetwork(design=design_for("ntu25"), core=FakeCore())])


@pytest.mark.parametrize(("people", "text"), [
    ({1: np.zeros((19, 4))}, r"person 1 must have joints of the shape \(joint, channel and score\) = \(20, 4\), not "
                             r"\(19, 4\)"),
    ({1: np.full((20, 4), np.nan)}, "person 1 must have finite joints; one that is missing has the score 0"),
    ({1.5: body()}, "people must have identities that are integers or texts, not 1.5"),
    ({True: body()}, "people must have identities that are integers or texts, not True"),
])
def test_people_that_are_none(people, text):
    live, _ = classifier()
    with pytest.raises(ValueError, match=text):
        live.push(0.0, people)
    assert live.pushed == 0
    with pytest.raises(ValueError, match="time must be a finite number of seconds, not nan"):
        live.push(float("nan"), {1: body()})


@pytest.mark.parametrize(("settings", "text"), [
    ({"window": 0}, "window must be above 0 seconds, not 0"),
    ({"window": (1.0, -1.0)}, r"window must be above 0 seconds, not \(1.0, -1.0\)"),
    ({"window": ()}, r"window must be above 0 seconds, not \(\)"),
    ({"hop": 0}, "hop must be an integer of at least 1, not 0"),
    ({"people": 1.5}, "people must be an integer of at least 1, not 1.5"),
    ({"begin": 2}, "begin must be in 0..1.2 seconds, the window, not 2"),
    ({"smooth": -1}, "smooth must be at least 0 seconds, not -1"),
    ({"patience": float("inf")}, "patience must be at least 0 seconds, not inf"),
    ({"threshold": 1.1}, "threshold must be in 0..1, not 1.1"),
])
def test_settings_out_of_range(settings, text):
    with pytest.raises(ValueError, match=text):
        LiveConfig(**settings)


def test_what_is_pushed_may_be_changed_behind():
    live, core = classifier()
    joints = body()
    live.push(0.0, {1: joints})
    joints[:] = np.nan
    live.push(0.1, {1: body()})
    assert core.clips[1].any()


def test_nothing_grows_with_the_stream():
    """People with ever new identities, late frames, jumps of the clock: after a warm-up memory stays where it is."""
    live, core = classifier(config=dataclasses.replace(QUICK, hop=10, patience=0.3))
    joints = body()

    def feed_frames(first, count):
        for n in range(first, first + count):
            live.push((n - 7.5 * (n % 11 == 0)) / 30 - 500 * (n // 900), {n // 15: joints, f"x{n // 7}": joints})
            core.clips.clear()

    tracemalloc.start()
    feed_frames(0, 2700)  # NumPy keeps some things that it needed once
    before = tracemalloc.get_traced_memory()[0]
    feed_frames(2700, 2700)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert live.restarts >= 5 and live.late > 100
    assert grown < 60_000, f"{grown} bytes more after 2700 frames"


def test_frames_are_what_they_say():
    assert Frame(time=1, people={}).labels == {}
