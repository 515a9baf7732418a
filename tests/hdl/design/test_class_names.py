import pytest

from hypgcn.design.class_names import class_order


@pytest.mark.parametrize(("names", "wanted", "order"), [
    (["a", "b", "c"], ["a", "b", "c"], [0, 1, 2]), (["a", "b", "c"], ["c", "a", "b"], [2, 0, 1]),
    (("a", "b", "c"), ["b"], [1]), (["a", "a"], ("a", "a"), [0, 1]), ([], [], [])])
def test_order(names, wanted, order):
    assert class_order(names, wanted, "it") == order


@pytest.mark.parametrize(("names", "wanted", "match"), [
    (["a", "b"], ["a", "d"], "it must have the same classes, but lacks 'd'; it has 'a', 'b'"),
    (["a", "a"], ["a"], "class names must differ, so that .*, but 'a' is there twice"),
    (["a", "b"], ["b", "b"], "but 'b' is there twice"),
    (list("abcdefg"), ["x"], "it has 'a', 'b', 'c', 'd', 'e' and 2 more")])
def test_classes_that_cannot_be_compared(names, wanted, match):
    with pytest.raises(ValueError, match=match):
        class_order(names, wanted, "it")
