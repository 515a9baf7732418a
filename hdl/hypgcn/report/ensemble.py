"""The page of a report on an ensemble: what its networks are together, and what each of them is."""

from dataclasses import dataclass

from .. import __version__
from ..cost import Resources, UnitCost
from ..design.ensemble import Ensemble
from ..design.folding import Folding
from ..io_cost import ensemble_units
from ..pages import document
from ..pages.document import escape
from ..pages.svg import bars
from ..planning.device import Device
from ..planning.device_table import CLOCK_MHZ
from .figures import SHARES, Figures
from .parts import BY_ESTIMATE, RESOURCES, Section, count, quiet, table, used_text
from .sections import accuracy_text, network_sections, shape_text

__all__ = ["EnsembleFigures", "ensemble_page"]

_NAME = 12
"""Letters that there is room for beside a bar."""
_SHARED = {"fork": "every joint to all networks", "sum": "of the weighted scores",
           "scores": "memory of each network's own scores"}
"""What the networks share, by the names of :func:`~hypgcn.io_cost.ensemble_units`."""


@dataclass(frozen=True, kw_only=True)
class EnsembleFigures:
    """Everything that a report on an ensemble needs.

    Parameters
    ----------
    ensemble, device : Ensemble, Device
    streams : tuple of Figures
        Of each network.
    shared : dict
        Cost of what the networks share, by name.
    chosen : str
        How the foldings were chosen.
    """

    ensemble: Ensemble
    device: Device
    streams: tuple[Figures, ...]
    shared: dict[str, UnitCost]
    chosen: str

    @classmethod
    def of(cls, ensemble: Ensemble, foldings: tuple[Folding, ...], device: Device, *, chosen: str,
           command: str) -> "EnsembleFigures":
        """Figures of ``ensemble`` by the densities of its designs; :meth:`~.figures.Figures.of` of each network."""
        return cls(ensemble=ensemble, device=device, shared=ensemble_units(ensemble), chosen=chosen, streams=tuple(
            Figures.of(design, folding, device, chosen=chosen, command=command)
            for design, folding in zip(ensemble.designs, foldings, strict=True)))

    @property
    def cycles(self) -> float:
        """A clip's, those of the slowest network."""
        return max(part.estimate.cycles for part in self.streams)

    @property
    def clips_per_second(self) -> float:
        """In the steady state, at the assumed clock."""
        return 1e6 * CLOCK_MHZ / self.cycles

    @property
    def shared_resources(self) -> Resources:
        """What the networks share."""
        return sum((unit.resources for unit in self.shared.values()), Resources())

    @property
    def used(self) -> dict[str, tuple[float, int]]:
        """For each resource what all networks and what they share use, and what the device has."""
        total = sum((part.estimate.resources for part in self.streams), self.shared_resources)
        return {name: (getattr(total, name), getattr(self.device, name)) for name in SHARES
                if getattr(self.device, name) or getattr(total, name)}


def ensemble_page(figures: EnsembleFigures) -> str:
    """HTML of the whole report."""
    ensemble = figures.ensemble
    sections = [section.html() for section in (_summary(figures), _streams(figures), _sum(ensemble), _shares(figures))]
    for stream, part in zip(ensemble.streams, figures.streams):
        sections += [section.html(stream) for section in network_sections(part)]
    header = ["<header>", f"<h1>{escape(ensemble.name)}</h1>",
              quiet(f"hypgcn {__version__}, ensemble hash {ensemble.hash[:16]}"), "</header>"]
    return document(f"{ensemble.name}: hypgcn report", "\n".join([*header, *sections]))


def _summary(figures: EnsembleFigures) -> Section:
    ensemble, (used, warning) = figures.ensemble, used_text(figures.used, figures.device.name)
    first = max(part.estimate.first_clip for part in figures.streams)
    rows = [
        ("networks", f"{len(ensemble.streams)}: {', '.join(ensemble.streams)}; {shape_text(ensemble.designs[0])}"),
        ("device", figures.device.name), ("foldings", figures.chosen),
        ("throughput", f"{figures.clips_per_second:,.0f} clips a second: {figures.cycles:,.0f} cycles a clip, those "
                       f"of the slowest network"),
        ("latency", f"{first / CLOCK_MHZ / 1000:.2f} ms until a clip has left an empty core: {first:,.0f} cycles"),
        ("resources", used),
    ]
    return Section("In short", table(("", ""), [(name, escape(text)) for name, text in rows], text=2), warning,
                   quiet(BY_ESTIMATE))


def _streams(figures: EnsembleFigures) -> Section:
    def resources(found: Resources) -> list[str]:
        return [count(name, getattr(found, name)) for name in figures.used]

    ensemble, rows = figures.ensemble, []
    for stream, weight, part in zip(ensemble.streams, ensemble.weights, figures.streams):
        design = part.design
        rows.append([escape(stream), f"{escape(design.name)}, <code>{design.hash[:12]}</code>", accuracy_text(design),
                     f"{float(weight):g}", len(design.blocks), f"{part.estimate.cycles:,.0f}",
                     *resources(part.estimate.resources)])
    total = sum((part.estimate.resources for part in figures.streams), figures.shared_resources)
    rows += [["shared", "", "", "", "", "", *resources(figures.shared_resources)],
             ["all", "", "", "", sum(ensemble.block_counts), f"{figures.cycles:,.0f}", *resources(total)]]
    head = ("stream", "design", "accuracy alone", "weight", "blocks", "cycles a clip",
            *(RESOURCES[name] for name in figures.used))
    return Section("Streams", quiet(BY_ESTIMATE), table(head, rows, text=3), quiet(
        "Accuracies are as the designs record them: with int8 clips, where they were made for such. That of the sum, "
        "and of raw joints, is measured by hypgcn evaluate; an ensemble does not record it."))


def _sum(ensemble: Ensemble) -> Section:
    rows = [(escape(stream), f"{float(weight):g}", f"{design.logit_scale:.6g}", f"{design.logit_width}", f"{mult:,}")
            for stream, weight, design, mult in zip(ensemble.streams, ensemble.weights, ensemble.designs,
                                                    ensemble.mults)]
    return Section(
        "Sum", "<p>A score is the sum of all networks' logits, each times its multiplier, shifted right by "
               f"{ensemble.shift} and rounded: {ensemble.score_width} bits. Times {ensemble.score_scale:.6g} it is "
               "the weighted sum of logits.</p>",
        table(("stream", "weight", "step of its logits", "bits of its logits", "multiplier"), rows))


def _short(stream: str) -> str:
    """Name of a stream for the narrow place beside a bar."""
    return stream if len(stream) <= _NAME else f"{stream[:_NAME - 1]}\u2026"


def _shares(figures: EnsembleFigures) -> Section:
    pictures = []
    for name in figures.used:
        values = [getattr(part.estimate.resources, name) for part in figures.streams]
        rows = [(label, (value,), count(name, value)) for label, value in zip(
            (*map(_short, figures.ensemble.streams), "shared"), (*values, getattr(figures.shared_resources, name)))]
        if any(bar for _, (bar,), _ in rows):
            pictures.append(f"<figure><figcaption>{RESOURCES[name]}</figcaption>"
                            f"{bars(f'{RESOURCES[name]} by stream', rows)}</figure>")
    totals = table(("", "used", f"{escape(figures.device.name)} has", "share"),
                   [(RESOURCES[name], count(name, used), f"{there:,}", f"{used / there:.1%}" if there else "")
                    for name, (used, there) in figures.used.items()])
    shared = table(("shared", "what", "cycles a clip", "DSPs", "LUTs"),
                   [(name, _SHARED[name], f"{unit.cycles:,.0f}", f"{unit.resources.dsp:,}",
                     f"{unit.resources.lut:,.0f}") for name, unit in figures.shared.items()], text=2)
    return Section("Budget", quiet(BY_ESTIMATE), totals, *pictures, shared)
