"""What ``hypgcn evaluate`` measured, as text."""

from collections.abc import Mapping

__all__ = ["report_lines"]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def report_lines(report: Mapping) -> list[str]:
    """Lines of a report of :func:`~hypgcn_pruning.reports.evaluate.evaluate`.

    Parameters
    ----------
    report : Mapping
        With ``accuracy``, ``class_accuracy`` and ``top5`` of each network, and where pruned network and design were
        given ``agreement_pruned_int8`` and ``noise_db``.

    Returns
    -------
    list of str
        A row for each network, then how often pruned and int8 agree, then each tensor's signal over its noise.
    """
    of = f" of {report['clips_of']}" if "clips_of" in report else ""
    lines = [f"{report['clips']}{of} held-out clips",
             f"{'network':8} {'top-1':>9} {'mean of the classes':>20} {'top-5':>9}"]
    lines += [f"{name:8} {_percent(top1):>9} {_percent(report['class_accuracy'][name]):>20} "
              f"{_percent(report['top5'][name]):>9}" for name, top1 in report["accuracy"].items()]
    if report.get("clips_with_overflow"):
        lines.append(f"{report['clips_with_overflow']} clips overflow a store, and lose values")
    if "agreement_pruned_int8" in report:
        lines.append(f"pruned and int8 agree on {_percent(report['agreement_pruned_int8'])} of the clips")
        lines.append("signal over the noise of int8, dB: " + ", ".join(
            f"{name} {value:.1f}" for name, value in report["noise_db"].items()))
    return lines
