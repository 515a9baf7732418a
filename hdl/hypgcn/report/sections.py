"""The page of a report, section by section."""

from collections.abc import Iterable, Sequence

from .. import __version__
from ..design import Design
from ..pages import document
from ..pages.document import escape
from ..pages.svg import bars, grid, key
from ..planning.device_table import CLOCK_MHZ
from .figures import Figures

__all__ = ["report_page"]

_BY_ESTIMATE = f"By estimate, not by synthesis or routing; at an assumed {CLOCK_MHZ:g} MHz."
_NAMES = {"dsp": "DSPs", "bram36": "BRAM36", "lut": "LUTs", "uram": "UltraRAMs"}
_STORES = ("as it is", "with zeros", "one store for each reader")


def _table(head: Sequence[str], rows: Iterable[Sequence], *, text: int = 1) -> str:
    """Table whose first ``text`` columns are texts and the others numbers; cells are HTML."""
    def cells(row, tag):
        return "".join(f"<{tag}{'' if place < text else ' class=' + chr(34) + 'number' + chr(34)}>{cell}</{tag}>"
                       for place, cell in enumerate(row))
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells(head, "th")}</tr></thead><tbody>{body}</tbody></table></div>'


def _section(title: str, *parts: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def _count(name: str, value: float) -> str:
    """``value`` of a resource: block RAMs have halves, the others are whole."""
    return f"{round(2 * value) / 2:,.1f}".removesuffix(".0") if name == "bram36" else f"{value:,.0f}"


def _quiet(text: str) -> str:
    return f'<p class="quiet">{escape(text)}</p>'


def report_page(figures: Figures) -> str:
    """HTML of the whole report."""
    design = figures.design
    body = "\n".join([
        f"<header>\n<h1>{escape(design.name)}</h1>", _quiet(f"hypgcn {__version__}, design hash {design.hash[:16]}"),
        "</header>", _summary(figures), _network(design), _pruning(figures), _accuracy(design), _folding(figures),
        _resources(figures), _cycles(figures), _memory(figures), _origin(figures)])
    return document(f"{design.name}: hypgcn report", body)


def _summary(figures: Figures) -> str:
    design, test = figures.design, _accuracies(figures.design)
    used = ", ".join(f"{_count(name, used)} of {there:,} {_NAMES[name]} ({used / there:.0%})" if there else
                     f"{_count(name, used)} {_NAMES[name]}, of which {figures.device.name} has none"
                     for name, (used, there) in figures.used.items())
    over = [_NAMES[name] for name, (used, there) in figures.used.items() if used > there]
    rows = [
        ("network", f"{len(design.blocks)} blocks, {design.classes} classes, clips of {design.persons} "
                    f"{'person' if design.persons == 1 else 'persons'}, {design.frames} frames, "
                    f"{design.joints} joints, {design.channels} channels"),
        ("weights", escape(str(design.meta.get("weights", "unknown")))),
        ("accuracy", f"{test['int8']:.1%} as int8" if "int8" in test else "not recorded in the design"),
        ("device", escape(figures.device.name)), ("folding", escape(figures.chosen)),
        ("throughput", f"{figures.clips_per_second:,.0f} clips a second: {figures.estimate.cycles:,.0f} cycles a clip"),
        ("latency", f"{figures.first_clip_ms:.2f} ms until a clip has left an empty core: "
                    f"{figures.estimate.first_clip:,.0f} cycles"),
        ("resources", used),
    ]
    fits = f'<p class="bad">does not fit: too many {escape(" and ".join(over))}</p>' if over else ""
    return _section("In short", _table(("", ""), ((escape(name), text) for name, text in rows), text=2), fits,
                    _quiet(_BY_ESTIMATE))


def _network(design: Design) -> str:
    rows = []
    for index, block in enumerate(design.blocks):
        rows.append((f"{index + 1}", f"{block.in_channels} &rarr; {block.h_channels} &rarr; {block.out_channels}",
                     f"{design.block_frames(index)}" + (f" / {block.stride}" if block.stride > 1 else ""),
                     f"{block.shortcut_h}, {block.shortcut_y}",
                     grid(f"taps of block {index + 1}: a row for each bank of H", block.taps.astype(bool).tolist()),
                     f"{int(block.kept.sum())} of {block.in_channels}",
                     f"{int(block.filters.sum())} of {block.out_channels}",
                     f"{block.taps.mean():.0%}",
                     f"{block.threshold_z}, {block.threshold_h}, {block.threshold_y}",
                     f"{block.density_x:.0%}, {block.density_z:.0%}, {block.density_h:.0%}"))
    head = ("block", "channels X &rarr; H &rarr; Y", "frames / stride", "shortcuts into H, Y", "taps by bank of H",
            "channels in the graph", "temporal filters", "taps kept", "thresholds Z, H, Y", "non-zeros X, Z, H")
    return _section("Network", _table(head, rows, text=5), _quiet(
        "Taps: each row of a pattern is a bank of 16 channels of H, each square one of the taps of its temporal "
        "filters. Non-zeros as the design records them, measured on the clips that it was compiled with."))


def _pruning(figures: Figures) -> str:
    work = figures.work
    rows = [(f"block {index + 1}", (block.dense / 1e6, block.kept / 1e6, block.skipped / 1e6),
             f"{block.dense / 1e6:,.1f} / {block.kept / 1e6:,.1f} / {block.skipped / 1e6:,.1f}")
            for index, block in enumerate(work)]
    dense, kept, skipped = (sum(getattr(block, name) for block in work) for name in ("dense", "kept", "skipped"))
    return _section("Pruning", f"<p>{dense / 1e6:,.1f} million multiplications a clip before pruning, "
                    f"{kept / 1e6:,.1f} by the weights that are left ({dense / kept:.1f} times fewer), "
                    f"{skipped / 1e6:,.1f} without zeros of X, Z and H ({dense / max(skipped, 1):.1f} times "
                    f"fewer).</p>",
                    f'<figure>{bars("multiplications of a clip by block, in millions", rows)}</figure>',
                    key(("before pruning", "by the weights that are left", "without zeros")),
                    _quiet("Millions of multiplications of a clip. Zeros by the densities of the design; the 1x1 "
                           "array, where a block has it in the place of lanes, takes cycles for zeros of Z."))


def _accuracies(design: Design) -> dict[str, float]:
    found = design.meta.get("test", {})
    shares = found.get("accuracy", {}) if isinstance(found, dict) else {}
    return {name: value for name, value in shares.items() if isinstance(value, int | float)}


def _accuracy(design: Design) -> str:
    shares = _accuracies(design)
    if not shares:
        return _section("Accuracy", _quiet("The design does not record any; hypgcn evaluate measures it."))
    rows = [(name, (share,), f"{share:.2%}") for name, share in shares.items()]
    return _section("Accuracy", f"<p>Top-1 on {design.meta['test'].get('clips', 'unknown')} test clips, as recorded by "
                    f"the command that evaluated the design.</p>", f'<figure>{bars("top-1 by step", rows)}</figure>')


def _folding(figures: Figures) -> str:
    rows = figures.folding_rows()
    names = list(rows[0])
    return _section("Folding", f"<p>Parallelism of each block, {escape(figures.chosen)}; what the fields mean is on "
                    f"the page docs/folding.md.</p>",
                    _table(("field", *(f"block {index + 1}" for index in range(len(rows)))),
                           [(escape(name), *(escape(str(row[name])) for row in rows)) for name in names]))


def _resources(figures: Figures) -> str:
    totals = _table(("", "used", f"{escape(figures.device.name)} has", "share"),
                    [(_NAMES[name], _count(name, used), f"{there:,}", f"{used / there:.1%}" if there else "")
                     for name, (used, there) in figures.used.items()])
    pictures = []
    for name in figures.used:
        rows = [(f"block {index + 1}", (value := sum(getattr(unit.resources, name) for unit in block.values()),),
                 _count(name, value)) for index, block in enumerate(figures.estimate.blocks)]
        rows += [(unit, (getattr(cost.resources, name),), _count(name, getattr(cost.resources, name)))
                 for unit, cost in figures.estimate.io.items()]
        if any(values[0] for _, values, _ in rows):
            pictures.append(f'<figure><figcaption>{_NAMES[name]}</figcaption>{bars(f"{_NAMES[name]} by block", rows)}'
                            f"</figure>")
    units = _table(("unit", "DSPs", "BRAM36", "LUTs", "UltraRAMs"),
                   [(escape(name), f"{unit.resources.dsp:,}", f"{unit.resources.bram36:g}",
                     f"{unit.resources.lut:,.0f}", f"{unit.resources.uram:,}")
                    for name, unit in figures.estimate.units.items()])
    return _section("Resources", _quiet(_BY_ESTIMATE), totals, *pictures,
                    f"<details><summary>every unit</summary>{units}</details>")


def _cycles(figures: Figures) -> str:
    estimate = figures.estimate
    slowest = max(unit.cycles for unit in estimate.units.values())
    busiest = [max(block.items(), key=lambda item: item[1].cycles) for block in estimate.blocks]
    rows = [(f"block {index + 1}", (unit.cycles,), f"{unit.cycles:,.0f} {name}")
            for index, (name, unit) in enumerate(busiest)]
    rows += [(name, (unit.cycles,), f"{unit.cycles:,.0f}") for name, unit in estimate.io.items()]
    heat = _table(("unit", *(f"{index + 1}" for index in range(len(estimate.blocks)))),
                  [(escape(name), *(_heat(block[name].cycles / slowest) if name in block else ""
                                    for block in estimate.blocks)) for name in figures.units])
    return _section(
        "Where the cycles go", _quiet(_BY_ESTIMATE),
        f"<p>The slowest unit is <code>{escape(estimate.slowest)}</code>, with {slowest:,.0f} cycles a clip; units "
        f"wait for one another, so that a clip takes {estimate.cycles:,.0f}.</p>",
        f'<figure><figcaption>Cycles a clip of the slowest unit of each block</figcaption>'
        f'{bars("cycles a clip of the slowest unit of each block", rows)}</figure>',
        f"<details><summary>share of the slowest unit's cycles in which each unit works, by block</summary>{heat}"
        f"</details>")


def _heat(share: float) -> str:
    return (f'<span style="background: color-mix(in srgb, var(--bar) {min(100, round(60 * share))}%, transparent); '
            f'padding: 0 0.4em">{share:.0%}</span>')


def _memory(figures: Figures) -> str:
    totals = figures.storage.totals()
    rows = [(f"{store.block + 1} {store.holds.upper()}", (store.bram36, store.uncompressed, store.per_reader()),
             f"{store.bram36:g} / {store.uncompressed:g} / {store.per_reader():g}")
            for store in figures.storage.stores]
    return _section(
        "Memory", _quiet(_BY_ESTIMATE),
        _table(("BRAM36 of", ""), [
            ("row stores of features", f"{totals['stores']:g}"), ("row buffers of the spatial units",
                                                                  f"{totals['buffers']:g}"),
            ("weights and tables", f"{totals['weights']:g}"), ("all", f"{totals['all']:g}"),
            ("the stores with zeros", f"{totals['uncompressed']:g}"),
            ("one store for each reader", f"{totals['per_reader']:g}"),
            ("with zeros and for each reader", f"{totals['uncompressed_per_reader']:g}"),
            ("bits of the stores saved by leaving zeros out", f"{totals['rfc_saving']:.0%}")]),
        f'<figure><figcaption>BRAM36 of each store, by block</figcaption>{bars("BRAM36 of each store", rows)}</figure>',
        key(_STORES))


def _origin(figures: Figures) -> str:
    meta = figures.design.meta
    rows = [(escape(str(name)), f"<code>{escape(_plain(value))}</code>") for name, value in meta.items()
            if name != "skeleton"]
    skeleton = meta.get("skeleton")
    if isinstance(skeleton, dict):
        rows.append(("skeleton", f"<code>{escape(str(skeleton.get('name')))}, {skeleton.get('joints')} joints</code>"))
    rows.append(("hash", f"<code>{figures.design.hash}</code>"))
    rows.append(("this page", f"<code>{escape(figures.command)}</code>"))
    if figures.design.class_names:
        rows.append(("classes", escape(", ".join(figures.design.class_names))))
    return _section("How it was made", _table(("what", "as the design records it"), rows, text=2))


def _plain(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(entry)}" for name, entry in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return str(value)
