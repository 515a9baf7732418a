"""Labels of recordings and classes of a network meet by name."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn_pruning.recordings.class_names import match_classes
from hypgcn_pruning.recordings.data import Clips

TEXTS = {"where": "film", "what": "network"}


def clips(*names, classes=None):
    label = np.arange(classes or len(names))
    return Clips(data=np.ones((len(label), 3, 4, 5, 1), np.float32), length=np.full(len(label), 4), label=label,
                 classes=len(label), class_names=names, split=np.zeros(len(label), np.uint8))


@pytest.mark.parametrize(("names", "label", "text"), [
    (("a", "b", "c"), [0, 1, 2], ""), (("c", "a", "b"), [2, 0, 1], "film: its classes have other numbers"),
    (("a", "b"), [0, 1], "film: has 2 of the network's 3 classes"),
    (("c",), [2], "film: its classes have other numbers"),
])
def test_labels_follow_their_names(capsys, names, label, text):
    """Case 30."""
    found = match_classes(clips(*names), ("a", "b", "c"), 3, **TEXTS)
    assert found.label.tolist() == label
    assert (found.classes, found.class_names) == (3, ("a", "b", "c"))
    said = capsys.readouterr().err
    assert text in said and bool(said) == bool(text)


@pytest.mark.parametrize(("names", "match"), [
    (("a", "b", "d"), "the network must have the same classes, but lacks 'd'; it has 'a', 'b', 'c'"),
    (("a", "b", "c", "d"), "lacks 'd'"), (("a", "a"), "class names must differ, .* but 'a' is there twice")])
def test_other_classes(names, match):
    with pytest.raises(ValueError, match=match):
        match_classes(clips(*names), ("a", "b", "c"), 3, **TEXTS)


def test_names_that_are_missing_on_one_side(capsys):
    found = match_classes(clips(classes=2), ("a", "b", "c"), 3, **TEXTS)
    assert found.label.tolist() == [0, 1] and found.class_names == ("a", "b", "c")
    assert "class names cannot be compared, because film has none" in capsys.readouterr().err
    assert match_classes(clips("a", "b"), (), 2, **TEXTS).class_names == ("a", "b")
    assert "because the network has none" in capsys.readouterr().err
    assert match_classes(clips("a", "b"), (), 3, **TEXTS).class_names == ()
    assert match_classes(clips(classes=3), (), 3, **TEXTS).class_names == ()
    with pytest.raises(ValueError, match="film must have at most the network's 2 classes, not 3"):
        match_classes(clips(classes=3), (), 2, **TEXTS)


def test_identity_is_of_content():
    """Of coordinates without padding, labels, split and names, each by itself."""
    a = clips("a", "b")
    same = replace(a, data=np.concatenate([a.data, np.zeros_like(a.data)], axis=2))
    assert same.identity == a.identity
    for name, changes in {"recordings": {"data": a.data + 1}, "labels": {"label": a.label[::-1]},
                          "split": {"split": a.split + 1}, "class names": {"class_names": ("b", "a")}}.items():
        other = replace(a, **changes).identity
        assert {key for key in other if other[key] != a.identity[key]} == {name}
    assert replace(a, scored=True).identity["recordings"] != a.identity["recordings"]
    assert replace(a, length=a.length - 1).identity["recordings"] != a.identity["recordings"]
