# amaranth: UnusedElaboratable=no
"""Whole clips at full speed: expected beats, messages of differences, and runs in Verilator."""

import numpy as np
import pytest

from hypgcn.design.presets import preset, random_design
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.network import run as golden
from hypgcn.planning.allocator.allocate import within
from hypgcn_sim.fullscale.build import ports_header
from hypgcn_sim.fullscale.golden import OBSERVE_WORDS, expect, golden_clips, observe_words
from hypgcn_sim.fullscale.ports import Shape
from hypgcn_sim.fullscale.result import FILL, Run
from hypgcn_sim.fullscale.simulation import FullSimulation
from hypgcn_sim.fullscale.testset import run_parts
from hypgcn_sim.fullscale.utilisation import report
from hypgcn_sim.stimuli.beats import vectors
from hypgcn_sim.stimuli.clips import make_clips
from hypgcn_sim.stimuli.payload import pack

DESIGN = random_design(3, name="two", frames=6, joints=3, persons=2, widths=(16, 20), strides=(1, 2), classes=3)


def as_int(words) -> int:
    return sum(int(word) << 32 * n for n, word in enumerate(words))


@pytest.mark.parametrize("density", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("channels", [1, 16, 20])
def test_words_are_the_packed_vectors(density, channels):
    rng = np.random.default_rng(channels)
    y = rng.integers(1, 128, (2, 3, 4, channels)) * (rng.random((2, 3, 4, channels)) < density)
    shape = Shape.of(DESIGN).observe
    expected = [pack(shape, {"valid": 1, "payload": beat}) for beat in vectors(y)]
    found = observe_words(y)
    assert found.dtype == np.uint32 and found.shape == (len(expected), OBSERVE_WORDS)
    assert [as_int(words) for words in found] == expected


def test_tokens_are_the_non_zeros_that_units_meet():
    clip = make_clips(DESIGN, 1)[0][0]
    found, tensors = expect(DESIGN, clip), golden(DESIGN, clip)
    pad = DESIGN.pad
    for index, block in enumerate(DESIGN.blocks):
        x, h = tensors[f"blocks.{index}.x_stored"], tensors[f"blocks.{index}.h_stored"]
        assert (found[f"x_tokens{index}"] == (x != 0).sum(axis=(0, 1, 2))).all()
        by_hand = np.zeros((DESIGN.kernel, block.out_banks), int)
        for t in range(0, h.shape[1], block.stride):
            for tap in range(DESIGN.kernel):
                if 0 <= t + tap - pad < h.shape[1]:
                    for bank in range(block.out_banks):
                        by_hand[tap, bank] += np.count_nonzero(h[:, t + tap - pad, :, 16 * bank:16 * bank + 16])
        assert (found[f"h_tokens{index}"] == by_hand).all()
        z = tensors[f"blocks.{index}.z"]
        copies = 0 if block.down is None else np.count_nonzero(x[..., block.down.any(axis=0)])
        assert found[f"z_tokens{index}"].sum() == np.count_nonzero(z) + copies
        assert found[f"r_tokens{index}"].sum() == np.count_nonzero(x[:, ::block.stride])
    assert (found["logits"] == tensors["logits"]).all() and found["lost"].shape == (2,)
    assert not found["left_out"].any()
    clip[0] = 0
    half = expect(DESIGN, clip)
    assert half["left_out"].tolist() == [True, False] and (half["x_tokens1"] <= found["x_tokens1"]).all()
    assert half["y0"].shape == found["y0"].shape and half["x_tokens0"].sum() < found["x_tokens0"].sum()


def test_golden_is_kept_by_design_and_clip(tmp_path):
    clips = make_clips(DESIGN, 2)[0]
    first = golden_clips(DESIGN, clips, tmp_path, jobs=1)
    stamps = [path.stat().st_mtime_ns for path in first]
    assert golden_clips(DESIGN, clips[::-1], tmp_path, jobs=1) == first[::-1]
    assert [path.stat().st_mtime_ns for path in first] == stamps
    other = random_design(4, name="two", frames=6, joints=3, persons=2, widths=(16, 20), strides=(1, 2), classes=3)
    assert not set(golden_clips(other, clips, tmp_path, jobs=1)) & set(first)


def test_header_reads_narrow_and_wide_ports():
    text = ports_header([{"name": "observe_10", "width": 146}, {"name": "observe_2", "width": 146},
                         {"name": "counts", "width": 2304}, {"name": "overflow_counts", "width": 64}])
    assert "OBSERVED = 2;" in text and "OBSERVE_WORDS = 5;" in text and "COUNTS = 72;" in text
    assert text.index("top.observe_2[0]") < text.index("top.observe_10[0]")
    assert "OVERFLOWS = 2;" in text
    bare = ports_header([{"name": "overflow_counts", "width": 64}])
    assert "OBSERVED = 0;" in bare and "COUNTS = 0;" in bare


def explained(output: str, people=None) -> str:
    return Shape.of(DESIGN).explain(output, 2, 1, people)


def test_message_of_a_difference_names_tensor_and_place():
    shape = Shape.of(DESIGN)
    y = np.zeros((2, 2, 3, 3, 20), int)
    y[1, 0, 2, 1, 18] = 5
    words = observe_words(y)
    beat = int(np.flatnonzero(words[:, 0] > 1)[0])
    expected, wrong = as_int(words[beat]), as_int(words[beat]) ^ (3 << 17)
    message = explained(f"differs observe_1 {beat} 77 {expected:x} {wrong:x}")
    assert message.startswith("blocks.1.y[clip 1, person 0, frame 2, joint 1, bank 1]") and "cycle 77" in message
    assert "expected 5, got 6" in message
    score = [pack(shape.result, {"index": 1, "score": value}) for value in (-3, 9)]
    assert explained(f"differs o 4 9 {score[0]:x} {score[1]:x}").startswith(
        "logits[clip 1, class 1].score: expected -3, got 9")
    assert "one more beat" in explained("extra o 6 100") and "fewer" in explained("missing observe_0 5 100")
    person = 3 * 3 * 2      # beats of one: frames, joints, banks
    sparse = explained(f"differs observe_1 {beat - person} 77 {expected:x} {wrong:x}",
                     ["clip 0, person 1", "clip 3, person 0"])
    assert sparse.startswith("blocks.1.y[clip 3, person 0, frame 2, joint 1, bank 1]")
    assert explained("no transfer") == "no transfer" and "status 1" in explained("")


def test_steady_state_leaves_out_the_filling():
    times = np.array([100, 190, 290, 390, 491])
    run = Run(first_in=times - 100, last_in=times - 30, first_out=times - 3, last_out=times,
              scores=np.zeros((5, 3)), overflow=np.zeros(5, bool), counts=np.zeros((5, 0, 3), np.uint32))
    assert run.steady.tolist() == [100, 100, 101] and run.cycles_per_clip == pytest.approx(301 / 3)
    assert (run.latency == 30).all()
    run.last_out = times[:FILL]
    assert run.cycles_per_clip is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "multi-scale"])
def test_the_emitted_network_at_full_speed(tmp_path, kind):
    """Equal to golden, and every planted difference is found."""
    design = preset("tiny") if kind == "plain" else with_scales(preset("tiny"))
    folding = within(design, 40 if kind == "plain" else 80)
    clips, _ = make_clips(design, 3)
    expected = golden_clips(design, clips, tmp_path / "golden", jobs=1)
    simulation = FullSimulation(design, folding, tmp_path)
    found = simulation.run(clips, expected)
    there = [(~np.load(path)["left_out"]).sum() for path in expected]
    assert there == [2, 2, 2, 0, 2]     # the clip before the last is all zero
    assert found.compared == len(clips) * design.classes + sum(there) * sum(
        len(np.load(expected[0])[f"y{b}"]) for b in range(len(design.blocks))) // design.persons
    assert (found.scores == [np.load(path)["logits"] for path in expected]).all()
    used = report(design, folding, found, expected)
    for row in used["units"]:
        assert row["busy"] + row["starved"] + row["blocked"] == pytest.approx(1)
    assert 0 < used["dsp_utilisation"] < 1
    # The counters saw the window that the results span, in every unit.
    cycles, _, units = found.window()
    on_lanes = {f"blocks[{b}].conv" for b, block in enumerate(folding.blocks) if block.conv_lanes}
    assert {sum(states.values()) for name, states in units.items()
            if not name.endswith("lanes") and name not in on_lanes} == {cycles}

    wrong = dict(np.load(expected[1]))
    wrong["y1"][7, 1] ^= 4
    np.savez(tmp_path / "wrong.npz", **wrong)
    with pytest.raises(AssertionError, match=r"blocks\.1\.y\[clip 1, person 0, frame \d+, joint \d+, bank \d+\]"):
        simulation.run(clips, [expected[0], tmp_path / "wrong.npz", *expected[2:]])
    wrong = dict(np.load(expected[2]))
    wrong["logits"][1] += 1
    np.savez(tmp_path / "wrong.npz", **wrong)
    with pytest.raises(AssertionError, match=r"logits\[clip 2, class 1\]\.score"):
        simulation.run(clips, [*expected[:2], tmp_path / "wrong.npz", *expected[3:]])
    with pytest.raises(AssertionError, match="one more beat than expected"):
        simulation.run(clips, expected[:-1])

    # A test set in parts gives the same scores, and parts that are there are not run again.
    parts = run_parts(simulation, np.concatenate([clips] * 4), tmp_path / "parts")
    assert (parts.scores == np.concatenate([found.scores] * 4)).all()
    simulation.program = tmp_path / "gone"
    again = run_parts(simulation, np.concatenate([clips] * 4), tmp_path / "parts")
    assert (again.scores == parts.scores).all() and again.cycles == parts.cycles
