"""Training curves as a picture; equal data gives equal bytes."""

from hypgcn.pages import chart

__all__ = ["plot_history"]


def plot_history(history: list[dict], path):
    """Draw loss, held-out accuracy and learning rate over the epochs, one above the other.

    Parameters
    ----------
    history : list of dict
        As :func:`~.train.train` returns it; rows of older files may lack the rate.
    path : path
        PNG file.

    Raises
    ------
    ValueError
        ``history`` is empty.
    """
    if not history:
        raise ValueError("history must hold at least one epoch, but is empty")
    which = "accuracy of training clips" if history[-1].get("measured") else "test accuracy"
    best = max(history, key=lambda row: row["accuracy"])
    with chart.sheet(5.6) as figure:
        panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 1.4))
        for panel, key, text in zip(panels, ("loss", "accuracy", "rate"), ("loss", f"{which} (%)", "learning rate")):
            scale = 100 if key == "accuracy" else 1
            rows = [(row["epoch"], scale * row[key]) for row in history if key in row]
            panel.plot([epoch for epoch, _ in rows], [value for _, value in rows], marker=".", linewidth=1.2,
                       color="#1f4e79")
            panel.set_ylabel(text)
            panel.grid(alpha=0.3)
        panels[1].set_title(f"last {history[-1]['accuracy']:.2%}, best {best['accuracy']:.2%} in epoch {best['epoch']}",
                            fontsize=chart.TEXT)
        panels[2].set_yscale("log")
        panels[-1].set_xlabel("epoch")
        panels[-1].xaxis.get_major_locator().set_params(integer=True)
        chart.save(figure, path)
