from fractions import Fraction

import pytest

from hypgcn_pruning.reports.streams import check_weighted, stream_weights, weights_text


def test_weights_are_exact():
    assert stream_weights("") == stream_weights(" ") == {}
    assert stream_weights("joint=0.6, bone-motion = 2") == {"joint": Fraction(3, 5), "bone-motion": Fraction(2)}


@pytest.mark.parametrize(("text", "match"), [
    ("velocity=1", r"weights must name streams of joint, bone, joint-motion, bone-motion, each once, such as "
                   r"joint=2,bone=1\.5, not 'velocity=1'"),
    ("joint=1,joint=2", "each once, such as .*, not 'joint=2'"),
    ("joint", "weights: that of joint must be a positive number, not ''"),
    ("joint=0", "weights: that of joint must be a positive number, not '0'"),
    ("bone=-1", "weights: that of bone must be a positive number, not '-1'"),
    ("bone=1/0", "weights: that of bone must be a positive number, not '1/0'"),
    ("bone=nan", "weights: that of bone must be a positive number, not 'nan'")])
def test_bad_weights(text, match):
    with pytest.raises(ValueError, match=match):
        stream_weights(text)


def test_weights_of_streams_that_are_not_there():
    check_weighted({"bone": Fraction(2)}, ["joint", "bone"])
    with pytest.raises(ValueError, match=r"weights must be of the streams of the networks \(bone, joint\), not of "
                                         r"joint-motion"):
        check_weighted({"joint-motion": Fraction(2)}, ["joint", "bone"])


def test_rows_say_their_weights():
    weights = {"joint": Fraction(2), "bone": Fraction(1, 2)}
    assert weights_text(weights, ["joint", "bone"]) == {"weights": "joint=2,bone=0.5"}
    assert weights_text(weights, ["joint", "joint-motion"]) == {"weights": "joint=2,joint-motion=1"}
    assert weights_text(weights, ["joint"]) == weights_text({}, ["joint", "bone"]) == {}
