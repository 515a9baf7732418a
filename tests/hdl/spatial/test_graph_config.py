import numpy as np
import pytest

from hypgcn.spatial.graph_config import GraphConfig

GRAPH = np.arange(3 * 5 * 5).reshape(3, 5, 5).astype(np.int8)
GOOD = {"joints": 5, "subsets": 3, "at_once": 1, "graph": GRAPH, "shift": 7, "acc_width": 20, "kept": (1, 1, 0),
        "copy": (0, 1, 1)}


@pytest.mark.parametrize(("at_once", "parts", "passes", "outputs", "last_subsets", "macs"), [
    (1, 1, 3, 5, 1, 3), (2, 1, 2, 10, 1, 5), (3, 1, 1, 15, 3, 8), (1, 2, 6, 3, 1, 2), (1, 3, 9, 2, 1, 1),
    (1, 4, 12, 2, 1, 1)])
def test_counts(at_once, parts, passes, outputs, last_subsets, macs):
    cfg = GraphConfig(**{**GOOD, "at_once": at_once, "parts": parts})
    assert (cfg.passes, cfg.outputs, cfg.last_subsets, cfg.macs) == (passes, outputs, last_subsets, macs)
    assert cfg.repeats == (passes, passes, 1)
    assert cfg.entries == 3 * 2 + 2
    assert cfg.words.shape == (passes * 5, outputs)


@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_words_of_parts_are_the_columns_of_a_graph(parts):
    cfg = GraphConfig(**{**GOOD, "parts": parts})
    passes = cfg.words.reshape(3, parts, 5, cfg.width)
    for k in range(3):
        joined = np.concatenate(list(passes[k]), axis=1)
        assert np.array_equal(joined[:, :5], GRAPH[k]) and not joined[:, 5:].any()


def test_words_of_a_last_pass_of_fewer_subsets_are_in_the_last_places():
    first, last = GraphConfig(**{**GOOD, "at_once": 2}).words.reshape(2, 5, 2, 5)
    assert np.array_equal(first.transpose(1, 0, 2), GRAPH[:2])
    assert np.array_equal(last[:, 1], GRAPH[2]) and not last[:, 0].any()


def test_a_row_takes_the_tokens_of_all_passes_but_at_least_the_words_that_leave():
    assert GraphConfig(**{**GOOD, "parts": 2}).cycles((4, 0, 2)) == 6 * 4 + 6 * 1 + 2   # two words leave before it
    assert GraphConfig(**{**GOOD, "at_once": 3}).cycles((1, 1, 1)) == 1 + 3 + 4


@pytest.mark.parametrize(("field", "value", "text"), [
    ("joints", 0, "joints must be in 1..64"), ("subsets", 9, "subsets must be in 1..8"),
    ("at_once", 4, "at_once must be in 1..3"), ("parts", 5, "parts must be in 1..4"),
    ("shift", 16, "shift must be in 1..15"),
    ("acc_width", 28, "acc_width must be in 9..27"), ("threshold", 128, "threshold must be in 0..127"),
    ("mac", "other", "mac must be one of"),
    ("graph", np.zeros((3, 5, 4), np.int8), "graph must have shape"),
    ("kept", (1, 1, 1, 1), "kept and copy must hold one value per channel"),
    ("kept", (0, 1, 1), "kept or copy must be set"),
])
def test_rejects(field, value, text):
    with pytest.raises(ValueError, match=text):
        GraphConfig(**{**GOOD, field: value})


def test_parts_are_of_one_subset_and_have_a_joint_each():
    with pytest.raises(ValueError, match="parts must be in 1..1, not 2"):
        GraphConfig(**{**GOOD, "at_once": 2, "parts": 2})
    with pytest.raises(ValueError, match="parts must be in 1..3, not 4"):
        GraphConfig(**{**GOOD, "joints": 3, "graph": GRAPH[:, :3, :3], "parts": 4})
