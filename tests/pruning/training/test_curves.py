import pytest
from legible import drawn, problems, words

from hypgcn_pruning.training.curves import plot_history

HISTORY = [{"epoch": epoch, "loss": 2 / epoch, "accuracy": 1 - 0.5 / epoch, "rate": 0.1 / epoch}
           for epoch in range(1, 6)]


def test_equal_data_gives_equal_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        plot_history(HISTORY, tmp_path / name)
    content = (tmp_path / "a.png").read_bytes()
    assert content == (tmp_path / "b.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert b"tEXt" not in content  # neither date nor version
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    plot_history(HISTORY[:-1], tmp_path / "b.png")
    assert content != (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("epochs", [1, 5, 400])
def test_the_curves_can_be_read(tmp_path, monkeypatch, epochs):
    figures = drawn(monkeypatch)
    history = [{"epoch": epoch, "loss": 2 / epoch, "accuracy": 1 - 0.5 / epoch, "rate": 0.1 / epoch}
               for epoch in range(1, epochs + 1)]
    plot_history(history, tmp_path / "a.png")
    figure, = figures
    assert problems(figure) == []
    best = f"{history[-1]['accuracy']:.2%}"
    expected = {"loss", "test accuracy (%)", "learning rate", "epoch", f"last {best}, best {best} in epoch {epochs}"}
    assert expected <= set(words(figure))
    plot_history([{**row, "measured": "training clips"} for row in history], tmp_path / "a.png")
    assert "accuracy of training clips (%)" in words(figures[-1])


def test_rows_without_a_rate(tmp_path):
    """Histories of older files lack it."""
    plot_history([{name: row[name] for name in ("epoch", "loss", "accuracy")} for row in HISTORY], tmp_path / "a.png")
    assert (tmp_path / "a.png").is_file()


def test_empty_history(tmp_path):
    with pytest.raises(ValueError, match="history must hold at least one epoch, but is empty"):
        plot_history([], tmp_path / "a.png")
