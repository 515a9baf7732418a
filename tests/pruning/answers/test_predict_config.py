import pytest

from hypgcn_pruning.answers.predict_config import PredictConfig


@pytest.mark.parametrize(("settings", "match"), [
    ({"top": 0}, "top must be an integer of at least 1, not 0"),
    ({"window": -1}, "window must be an integer of at least 0, not -1"),
    ({"hop": True, "window": 4}, "hop must be an integer of at least 0, not True"),
    ({"window": 20, "hop": 21}, "hop must be at most the 20 frames of window, or frames would be left out, not 21"),
    ({"hop": 4}, "hop must be 0 without window, not 4"),
    ({"picture": "a.png"}, "picture must be left out without window, whose scores it shows, not 'a.png'"),
    ({"picture": "a.gif", "window": 4}, "picture must end in .png, .svg, .pdf, not 'a.gif'")])
def test_bad_settings(settings, match):
    with pytest.raises(ValueError, match=match):
        PredictConfig(**settings)


@pytest.mark.parametrize(("window", "hop", "step"), [(20, 0, 10), (20, 7, 7), (1, 0, 1), (0, 0, 1)])
def test_half_a_window_by_default(window, hop, step):
    assert PredictConfig(window=window, hop=hop).step == step
