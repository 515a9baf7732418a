"""Pictures without a display: training curves; equal data gives equal bytes."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hypgcn.design.files import replacing

__all__ = ["plot_history", "save_picture"]


def save_picture(figure: Figure, path):
    """Write ``figure`` as PNG without date or program name; a failed write leaves the old file."""
    with replacing(path) as temporary:
        FigureCanvasAgg(figure).print_png(temporary, metadata={"Software": None})


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
    figure = Figure(figsize=(7, 7), dpi=100, layout="constrained")
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 1))
    which = "accuracy of training clips" if history[-1].get("measured") else "test accuracy"
    for panel, key, text in zip(panels, ("loss", "accuracy", "rate"), ("loss", which, "learning rate")):
        rows = [(row["epoch"], row[key]) for row in history if key in row]
        panel.plot([epoch for epoch, _ in rows], [value for _, value in rows], marker=".", linewidth=1.2)
        panel.set_ylabel(text)
        panel.grid(alpha=0.3)
    best = max(history, key=lambda row: row["accuracy"])
    panels[1].annotate(f"last {history[-1]['accuracy']:.2%}, best {best['accuracy']:.2%} in epoch {best['epoch']}",
                       (0.99, 0.03), xycoords="axes fraction", horizontalalignment="right")
    panels[2].set_yscale("log")
    panels[-1].set_xlabel("epoch")
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    save_picture(figure, path)
