"""Ensembles: what must be alike, the integers of the sum, and their file."""

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
from ensembles import small_ensemble, small_network

from hypgcn.design.ensemble import Ensemble, designs_of
from hypgcn.design.presets import preset


def made(*designs, streams=None, weights=None, name="e"):
    streams = streams or tuple(f"s{index}" for index in range(len(designs)))
    return Ensemble(name=name, streams=streams, designs=designs,
                    weights=weights or (Fraction(1),) * len(designs))


def test_multipliers_are_the_weights_in_steps_of_the_largest():
    ensemble = small_ensemble()
    assert ensemble.mults == (65535, round(65535 * 0.6))
    assert ensemble.score_width <= 32 and ensemble.shift > 0
    assert ensemble.score_scale == pytest.approx(0.01 / 65535 * 2 ** ensemble.shift)
    largest = sum(mult << design.logit_width - 1 for mult, design in zip(ensemble.mults, ensemble.designs))
    assert (largest >> ensemble.shift) + 1 < 2 ** 31 <= (largest >> ensemble.shift - 1) + 1


def test_no_shift_where_the_sum_fits():
    head = dict(head=np.full((1, 4), 1, np.int8), head_bias=np.zeros(1, np.int64))
    design = dataclasses.replace(small_network("joint", joints=5, classes=1, frames=1, persons=1), **head)
    ensemble = made(design, design)
    assert ensemble.shift == 0 and ensemble.score_width < 32


def test_what_must_be_alike():
    joint = small_network("joint")
    for other, text in (
            (small_network("bone", frames=3), r"s1: design raw must have the frames of s0, 2, not 3"),
            (small_network("bone", persons=1), r"s1: design raw must have the persons of s0, 2, not 1"),
            (dataclasses.replace(joint, meta={"skeleton": {"name": "ntu25"}}),
             "s1: design raw must have the skeleton of s0, unknown, not ntu25"),
            (small_network("bone", classes=4), "must have the number of classes of s0, 3, not 4"),
            (dataclasses.replace(joint, class_names=("a", "b", "c")), "must have the class names of s0, , not a, b, c"),
            (dataclasses.replace(joint, raw=dataclasses.replace(joint.raw, patience=5)),
             "must have the unit and treatment of missing joints of s0, mm, 0.001, hold, 1, not mm, 0.001, hold, 5"),
            (dataclasses.replace(joint, input_scale=0.002), "mm, 0.001, hold, 1, not mm, 0.002, hold, 1"),
            (dataclasses.replace(joint, meta={"preparation": {"frames": 9}}), "must have the preparation by the host")):
        with pytest.raises(ValueError, match=text):
            made(joint, other)
    with pytest.raises(ValueError, match="s1: design tiny-seeded must have a raw input, which all streams share"):
        made(joint, preset("tiny"))


@pytest.mark.parametrize("changes,text", [
    (dict(streams=("a", "a")), "streams must differ, not a, a"),
    (dict(streams=("a-b", "A_b")), "streams must differ, not a-b, A_b"),
    (dict(streams=("a", "../b")),
     r"streams\[1\] must be letters, digits, - and _, at most 32, a letter first, not '../b'"),
    (dict(streams=("a", "")), r"streams\[1\] must be letters"),
    (dict(streams=("a", "b" * 33)), r"streams\[1\] must be letters"),
    (dict(streams=("a",)), "streams must hold 2 values, one a design, not 1"),
    (dict(weights=(Fraction(1), Fraction(0))), "weights: that of s1 must be a positive fraction, not Fraction"),
    (dict(weights=(Fraction(1), 2.0)), "weights: that of s1 must be a positive fraction, not 2.0"),
    (dict(weights=(Fraction(1), Fraction(1, 200000))), "weights: that of s1 must be at least 1/131070 of the largest"),
    (dict(name="a\nb"), "name"),
])
def test_ranges(changes, text):
    design = small_network("joint")
    with pytest.raises(ValueError, match=text):
        made(design, design, **changes)


def test_designs_of_either():
    ensemble = small_ensemble()
    assert designs_of(ensemble) == ensemble.designs and designs_of(ensemble.designs[1]) == (ensemble.designs[1],)


def test_counts():
    design = small_network("joint")
    for count in (1, 9):
        with pytest.raises(ValueError, match=f"designs must be 2..8, not {count}"):
            made(*[design] * count)
    wide = dataclasses.replace(design, head_bias=np.full(3, 2 ** 39, np.int64), logit_scale=1.0)
    assert made(wide, wide).score_width == 32
    many = small_network("joint", widths=(4,) * 9, strides=(1,) * 9)
    with pytest.raises(ValueError, match="designs must have at most 64 blocks together, not 72"):
        made(*[many] * 8)


def test_files(tmp_path):
    ensemble = small_ensemble(weights=("3/2", "0.7"))
    for stream, design in zip(ensemble.streams, ensemble.designs):
        design.save(tmp_path / "designs" / stream)
    path = tmp_path / "sets/two.json"
    ensemble.save(path, [tmp_path / "designs" / stream for stream in ensemble.streams])
    loaded = Ensemble.load(path)
    assert loaded.hash == ensemble.hash and loaded.weights == (Fraction(3, 2), Fraction(7, 10))
    assert (loaded.name, loaded.streams) == ("small", ("joint", "bone-motion"))
    assert loaded.hash != small_ensemble().hash
    small_network("bone").save(tmp_path / "designs/joint")
    with pytest.raises(ValueError, match=r"two\.json: the design of joint in \.\./designs/joint must be \w+, not \w+: "
                                         "make the ensemble again"):
        Ensemble.load(path)


@pytest.mark.parametrize("content,text", [
    ("no", "is not JSON"), ("{}", "is not an ensemble: format must be 'hypgcn-ensemble', version 1"),
    (json.dumps({"format": "hypgcn-ensemble", "version": 1, "name": "e", "streams": [{"stream": "a"}]}),
     "streams must each have stream, design, hash and weight, a fraction, and the ensemble a name"),
    (json.dumps({"format": "hypgcn-ensemble", "version": 1, "name": "e", "streams": [
        {"stream": "a", "design": "d", "hash": "0", "weight": "1/0"}]}), "streams must each have"),
])
def test_damaged_files(tmp_path, content, text):
    (tmp_path / "e.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=text):
        Ensemble.load(tmp_path / "e.json")
