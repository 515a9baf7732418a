"""The page of a report, section by section."""

from .. import __version__
from ..design import Design
from ..pages import document
from ..pages.document import escape
from ..pages.svg import bars, grid, key
from .figures import Figures
from .parts import BY_ESTIMATE, RESOURCES, Section, count, quiet, table, used_text

__all__ = ["accuracy_text", "network_sections", "report_page", "shape_text"]

_STORES = ("as it is", "with zeros", "one store for each reader")


def report_page(figures: Figures) -> str:
    """HTML of the whole report."""
    design = figures.design
    body = "\n".join([
        f"<header>\n<h1>{escape(design.name)}</h1>", quiet(f"hypgcn {__version__}, design hash {design.hash[:16]}"),
        "</header>", *(section.html() for section in [_summary(figures), *network_sections(figures)])])
    return document(f"{design.name}: hypgcn report", body)


def network_sections(figures: Figures) -> list[Section]:
    """Sections about one network, behind those of the whole page."""
    return [_network(figures.design), _pruning(figures), _accuracy(figures.design), _folding(figures),
            _resources(figures), _cycles(figures), _memory(figures), _origin(figures)]


def shape_text(design: Design) -> str:
    """Classes, and the shape of a clip."""
    return (f"{design.classes} classes, clips of {design.persons} {'person' if design.persons == 1 else 'persons'}, "
            f"{design.frames} frames, {design.joints} joints, {design.channels} channels")


def accuracy_text(design: Design) -> str:
    """Top-1 of the int8 network, as the design records it."""
    test = _accuracies(design)
    before = design.raw is not None and design.meta.get("test", {}).get("input") == "int8"
    clips = ", with int8 clips, not with raw joints" if before else ""
    return f"{test['int8']:.1%} as int8{clips}" if "int8" in test else "not recorded in the design"


def _summary(figures: Figures) -> Section:
    design, (used, warning) = figures.design, used_text(figures.used, figures.device.name)
    rows = [
        ("network", f"{len(design.blocks)} blocks, {shape_text(design)}"),
        ("weights", escape(str(design.meta.get("weights", "unknown")))),
        ("accuracy", accuracy_text(design)),
        ("device", escape(figures.device.name)), ("folding", escape(figures.chosen)),
        ("throughput", f"{figures.clips_per_second:,.0f} clips a second: {figures.estimate.cycles:,.0f} cycles a clip"),
        ("latency", f"{figures.first_clip_ms:.2f} ms until a clip has left an empty core: "
                    f"{figures.estimate.first_clip:,.0f} cycles"),
        ("resources", used),
    ]
    return Section("In short", table(("", ""), ((escape(name), text) for name, text in rows), text=2), warning,
                   quiet(BY_ESTIMATE))


def _network(design: Design) -> Section:
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
    return Section("Network", table(head, rows, text=5), quiet(
        "Taps: each row of a pattern is a bank of 16 channels of H, each square one of the taps of its temporal "
        "filters. Non-zeros as the design records them, measured on the clips that it was compiled with."))


def _pruning(figures: Figures) -> Section:
    work = figures.work
    rows = [(f"block {index + 1}", (block.dense / 1e6, block.kept / 1e6, block.skipped / 1e6),
             f"{block.dense / 1e6:,.1f} / {block.kept / 1e6:,.1f} / {block.skipped / 1e6:,.1f}")
            for index, block in enumerate(work)]
    dense, kept, skipped = (sum(getattr(block, name) for block in work) for name in ("dense", "kept", "skipped"))
    return Section("Pruning", f"<p>{dense / 1e6:,.1f} million multiplications a clip before pruning, "
                    f"{kept / 1e6:,.1f} by the weights that are left ({dense / kept:.1f} times fewer), "
                    f"{skipped / 1e6:,.1f} without zeros of X, Z and H ({dense / max(skipped, 1):.1f} times "
                    f"fewer).</p>",
                    f'<figure>{bars("multiplications of a clip by block, in millions", rows)}</figure>',
                    key(("before pruning", "by the weights that are left", "without zeros")),
                    quiet("Millions of multiplications of a clip. Zeros by the densities of the design; the 1x1 "
                           "array, where a block has it in the place of lanes, takes cycles for zeros of Z."))


def _accuracies(design: Design) -> dict[str, float]:
    found = design.meta.get("test", {})
    shares = found.get("accuracy", {}) if isinstance(found, dict) else {}
    return {name: value for name, value in shares.items() if isinstance(value, int | float)}


def _accuracy(design: Design) -> Section:
    shares = _accuracies(design)
    if not shares:
        return Section("Accuracy", quiet("The design does not record any; hypgcn evaluate measures it."))
    rows = [(name, (share,), f"{share:.2%}") for name, share in shares.items()]
    return Section("Accuracy", f"<p>Top-1 on {design.meta['test'].get('clips', 'unknown')} test clips, as recorded by "
                    f"the command that evaluated the design.</p>", f'<figure>{bars("top-1 by step", rows)}</figure>')


def _folding(figures: Figures) -> Section:
    rows = figures.folding_rows()
    names = list(rows[0])
    return Section("Folding", f"<p>Parallelism of each block, {escape(figures.chosen)}; what the fields mean is on "
                    f"the page docs/folding.md.</p>",
                    table(("field", *(f"block {index + 1}" for index in range(len(rows)))),
                           [(escape(name), *(escape(str(row[name])) for row in rows)) for name in names]))


def _resources(figures: Figures) -> Section:
    totals = table(("", "used", f"{escape(figures.device.name)} has", "share"),
                    [(RESOURCES[name], count(name, used), f"{there:,}", f"{used / there:.1%}" if there else "")
                     for name, (used, there) in figures.used.items()])
    pictures = []
    for name in figures.used:
        rows = [(f"block {index + 1}", (value := sum(getattr(unit.resources, name) for unit in block.values()),),
                 count(name, value)) for index, block in enumerate(figures.estimate.blocks)]
        rows += [(unit, (getattr(cost.resources, name),), count(name, getattr(cost.resources, name)))
                 for unit, cost in figures.estimate.io.items()]
        if any(values[0] for _, values, _ in rows):
            pictures.append(f"<figure><figcaption>{RESOURCES[name]}</figcaption>"
                            f"{bars(f'{RESOURCES[name]} by block', rows)}</figure>")
    units = table(("unit", "DSPs", "BRAM36", "LUTs", "UltraRAMs"),
                   [(escape(name), f"{unit.resources.dsp:,}", f"{unit.resources.bram36:g}",
                     f"{unit.resources.lut:,.0f}", f"{unit.resources.uram:,}")
                    for name, unit in figures.estimate.units.items()])
    return Section("Resources", quiet(BY_ESTIMATE), totals, *pictures,
                    f"<details><summary>every unit</summary>{units}</details>")


def _cycles(figures: Figures) -> Section:
    estimate = figures.estimate
    slowest = max(unit.cycles for unit in estimate.units.values())
    busiest = [max(block.items(), key=lambda item: item[1].cycles) for block in estimate.blocks]
    rows = [(f"block {index + 1}", (unit.cycles,), f"{unit.cycles:,.0f} {name}")
            for index, (name, unit) in enumerate(busiest)]
    rows += [(name, (unit.cycles,), f"{unit.cycles:,.0f}") for name, unit in estimate.io.items()]
    heat = table(("unit", *(f"{index + 1}" for index in range(len(estimate.blocks)))),
                  [(escape(name), *(_heat(block[name].cycles / slowest) if name in block else ""
                                    for block in estimate.blocks)) for name in figures.units])
    return Section(
        "Where the cycles go", quiet(BY_ESTIMATE),
        f"<p>The slowest unit is <code>{escape(estimate.slowest)}</code>, with {slowest:,.0f} cycles a clip; units "
        f"wait for one another, so that a clip takes {estimate.cycles:,.0f}.</p>",
        f'<figure><figcaption>Cycles a clip of the slowest unit of each block</figcaption>'
        f'{bars("cycles a clip of the slowest unit of each block", rows)}</figure>',
        f"<details><summary>share of the slowest unit's cycles in which each unit works, by block</summary>{heat}"
        f"</details>")


def _heat(share: float) -> str:
    return (f'<span style="background: color-mix(in srgb, var(--bar) {min(100, round(60 * share))}%, transparent); '
            f'padding: 0 0.4em">{share:.0%}</span>')


def _memory(figures: Figures) -> Section:
    totals = figures.storage.totals()
    rows = [(f"{store.block + 1} {store.holds.upper()}", (store.bram36, store.uncompressed, store.per_reader()),
             f"{store.bram36:g} / {store.uncompressed:g} / {store.per_reader():g}")
            for store in figures.storage.stores]
    return Section(
        "Memory", quiet(BY_ESTIMATE),
        table(("BRAM36 of", ""), [
            ("row stores of features", f"{totals['stores']:g}"), ("row buffers of the spatial units",
                                                                  f"{totals['buffers']:g}"),
            ("weights and tables", f"{totals['weights']:g}"), ("all", f"{totals['all']:g}"),
            ("the stores with zeros", f"{totals['uncompressed']:g}"),
            ("one store for each reader", f"{totals['per_reader']:g}"),
            ("with zeros and for each reader", f"{totals['uncompressed_per_reader']:g}"),
            ("bits of the stores saved by leaving zeros out", f"{totals['rfc_saving']:.0%}")]),
        f'<figure><figcaption>BRAM36 of each store, by block</figcaption>{bars("BRAM36 of each store", rows)}</figure>',
        key(_STORES))


def _origin(figures: Figures) -> Section:
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
    return Section("How it was made", table(("what", "as the design records it"), rows, text=2))


def _plain(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(entry)}" for name, entry in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return str(value)
