"""Results in the README and the pages, from measured JSON files.

``python -m hypgcn_sim.benchmark.readme`` copies the summaries that commands left under ``build/`` into ``results/`` and
rewrites the sections of ``README.md``, ``docs/results.md``, ``docs/devices.md``, ``docs/benchmark.md`` and
``docs/ensembles.md`` between their markers.
"""

import json
import shutil
import sys
from pathlib import Path

from hypgcn.planning.device_table import Entry, table

from .ensemble_table import streams_markdown
from .front import headline, short_accuracy, short_table
from .table import markdown, paragraph, variants_markdown
from .targets import losses_markdown, targets_markdown

__all__ = ["SOURCES", "accuracy_tables", "devices_table", "ensembles_text", "front_text", "main", "performance_table",
           "results_table", "results_text", "speed_text", "targets_table", "variants_table"]

SOURCES = {
    "emission.json": ("build/emission.json", "make verilog ARGS='--measure build/emission.json'"),
    "sim.json": ("build/sim/summary.json", "make sim"),
    # The folding with which the test of the estimators compares these rows.
    "synth.json": ("build/synth/summary.json",
                   "make synth ARGS='--folding tests/hdl/planning/estimate/synth_folding.json'"),
    "small.json": ("build/fullscale/report.json",
                   "make sim-full DESIGN=checkpoints/nwucla_small/design ARGS='--multipliers 256 --clips 8'"),
    "performance.json": ("build/bench/performance.json", "make bench"),
    "utilisation.png": ("build/bench/utilisation.png", "make bench"),
    "memory.png": ("build/bench/memory.png", "make bench"),
    "ensemble_performance.json": ("build/bench/ensemble_performance.json", "hypgcn bench --stream NAME=DESIGN ..."),
    "variants.json": ("build/variants/variants.json", "make variants"),
    "scaling.json": ("build/scaling/scaling.json", "make scaling"),
    "scaling.png": ("build/scaling/scaling.png", "make scaling"),
    "testset.json": ("build/testset/report.json", "make sim-testset"),
    "testset_ensemble.json": (
        "build/testset_ensemble/report.json",
        "hypgcn testset --stream joint=checkpoints/nwucla_small/design --stream "
        "bone=checkpoints/nwucla_small_bone/design --input raw --multipliers 1000 --out build/testset_ensemble"),
    "devices.json": ("build/devices.json", "hypgcn devices"),
    "ecp5.json": ("build/bitstream/ulx3s/bitstream.json", "make bitstream BOARD=ulx3s"),
}
"""Files in ``results/``: where the command leaves each, and the command."""
ACCURACY, TRADEOFF, PICTURE = "results/accuracy.json", "results/tradeoff.json", "results/tradeoff.png"
"""Files that `hypgcn accuracy` and `hypgcn tradeoff` write into ``results/`` when asked to (``-o``)."""
ENSEMBLE_ROWS = "results/ensemble_performance.json"
"""Rows of ensembles: their table is on a page of its own as well."""
PICTURES = {"utilisation.png": "Busy, starved and blocked cycles of every unit",
            "memory.png": "Block RAMs of the stores beside other ways to keep the same features",
            "scaling.png": "Clips a second against multipliers, from a small folding to a whole device"}
"""Pictures below the table of the benchmark."""
STEPS = {"dense_c": "dense with C", "dense": "dense", "pruned": "pruned", "int8": "int8"}
"""Steps of the accuracy table, with the titles of their columns."""
METRICS = "checkpoints/nwucla_small/metrics.json"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
SPEED_BEGIN, SPEED_END = "<!-- speed -->", "<!-- end of speed -->"
TARGETS_BEGIN, TARGETS_END = "<!-- targets -->", "<!-- end of targets -->"
STREAMS_BEGIN, STREAMS_END = "<!-- streams -->", "<!-- end of streams -->"
DEVICES_BEGIN, DEVICES_END = "<!-- devices -->", "<!-- end of devices -->"


def _load(path: Path):
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _line(what, value, command):
    return f"| {what} | {value} | {command} |"


def _simulation_rows(root: Path) -> list[str]:
    """Rows of what was simulated."""
    lines: list[str] = []

    def row(*cells):
        lines.append(_line(*cells))

    if sim := _load(root / "results" / "sim.json"):
        command = f"`{SOURCES['sim.json'][1]}`"
        row(f"unit tests of emitted RTL in Verilator, equal to the golden integers; units of `{sim[0]['design']}`",
            f"{sum(case['passed'] for case in sim)} of {len(sim)}", command)
        for case in sim:
            if case["unit"] == "network":
                row(f"of these the whole network `{case['design']}`: logits and every block's output",
                    f"{case['clips']} clips, {case['real_clips']} of them real recordings, "
                    f"{case['cycles']:,} cycles with random gaps and stalls", command)
    if small := _load(root / "results" / "small.json"):
        row(f"recorded clips one after the other through `{small['design']}`, 256 multipliers at most",
            f"{small['cycles_per_clip']:,.0f} cycles a clip, every vector of {small['clips']} clips equal to golden",
            f"`{SOURCES['small.json'][1]}`")
    if testset := _load(root / "results" / "testset.json"):
        row(f"accuracy of the RTL itself: the test set through `{testset['design']}` in Verilator",
            f"top-1 {100 * testset['top1']:.1f} %, {testset['right']} of {testset['clips']} clips, "
            f"{testset.get('different', 'unknown')} of them different from golden",
            f"`{SOURCES['testset.json'][1]}`")
    if testset := _load(root / "results" / "testset_ensemble.json"):
        alone = ", ".join(f"{row['stream']} {100 * row['top1']:.1f} %" for row in testset["streams"])
        row(f"the same through the ensemble `{testset['ensemble']}`, raw joints, networks `"
            + "` and `".join(entry["design"] for entry in testset["streams"]) + "`",
            f"top-1 of the sum {100 * testset['top1']:.1f} %, {testset['right']} of {testset['clips']} clips, alone "
            f"{alone}; {testset.get('different', 'unknown')} clips with a sum or score different from golden",
            f"`{SOURCES['testset_ensemble.json'][1]}`")
    return lines


def results_table(root: Path) -> str:
    """Markdown table of ``results/`` and the shipped metrics; a missing file leaves its rows out."""
    lines = ["| what | measured | by |", "| --- | --- | --- |"]

    def row(*cells):
        lines.append(_line(*cells))

    if metrics := _load(root / METRICS):
        top1 = metrics["accuracy"]
        row("trained network `checkpoints/nwucla_small`, NW-UCLA cross-view, all 464 test clips",
            "top-1 " + ", ".join(f"{100 * top1[step]:.1f} % {step}" for step in ("float", "pruned", "int8")),
            "`checkpoints/nwucla_small/README.md`")
        design = metrics["design"]
        row("its pruning",
            f"{100 * design['channels_dropped']:.0f} % of channels dropped, "
            f"{100 * design['taps_cut']:.0f} % of taps cut, "
            f"{100 * design['macs_share']:.0f} % of the multiplications left before zeros are skipped", "the same")
    lines += _simulation_rows(root)
    if emission := _load(root / "results" / "emission.json"):
        row(f"emission of the full network ({emission['blocks']} blocks, `{emission['design']}`)",
            f"{emission['cpu_seconds']:.0f} s of CPU, peak memory {emission['peak_memory_mb']} MB, "
            f"{emission['multipliers']} multipliers, {emission['megabytes']} MB of text",
            f"`{SOURCES['emission.json'][1]}`")
    if synth := _load(root / "results" / "synth.json"):
        command = f"`{SOURCES['synth.json'][1]}`"
        mapped = sum(unit["mapped"] for unit in synth)
        design = f" of `{synth[0]['design']}`" if synth[0].get("design") else ""
        row(f"units{design} mapped by Yosys `synth_xilinx -family xcu`", f"{mapped} of {len(synth)}", command)
        named = {unit["unit"]: unit for unit in synth if unit["mapped"]}
        for name, label in (("packed_mac_dsp48e2", "a packed MAC with the unpacking of its two sums"),
                            ("row_store", "a row store"),
                            ("rfc_encoder", "the RFC encoder"), ("rfc_decoder", "the RFC decoder")):
            if unit := named.get(name):
                row(f"{label} (`{name}`{design})",
                    f"{unit['dsp']} DSP48E2, {unit['lut']} LUT, {unit['ff']} FF, {unit['bram36']:g} BRAM36", "the same")
    if board := _load(root / "results" / "ecp5.json"):
        used = ", ".join(f"{part['used']:,} of {part['available']:,} {name.upper()}"
                         for name, part in board["utilisation"].items())
        row(f"a bitstream by open tools: `{board['design']}` on {board['device']} (board `{board['board']}`), routed",
            f"{board['clock_mhz']} MHz, target {board['wanted_mhz']:g} MHz; {used}; "
            f"{board['cpu_seconds']:,} s of CPU", f"`{SOURCES['ecp5.json'][1]}`")
    return "\n".join(lines)


def _top1(row: dict) -> str:
    """A row's accuracy, with the range of its seeds where it has several."""
    seeds = f" ({100 * row['top1_low']:.1f} to {100 * row['top1_high']:.1f})" if "seeds" in row else ""
    return f"{100 * row['top1']:.1f} %{seeds}"


def _streams(rows: list[dict]) -> list[str]:
    """Lines of the accuracy table for one network on one split, a stream a line; costs are those of the last step."""
    densities = {"density_h": "density of H", "density_x": "of X"}
    if all("density_z" in row for row in rows):
        densities["density_z"] = "of Z"
    unseen = any(row.get("clips_seen") for row in rows)
    titles = [*STEPS.values(), *(["without clips seen in training"] if unseen else [])]
    lines = ["| stream | " + " | ".join(titles) + " | graph work skipped | fewer multiplications by weights | "
             f"executed | fewer weights | fewer bits | {' | '.join(densities.values())} |",
             "| --- |" + " --- |" * (len(titles) + 5 + len(densities))]
    def name(row):
        return row["stream"] + (f" ({row['weights']})" if "weights" in row else "")

    for stream in dict.fromkeys(map(name, rows)):
        steps = {row["step"]: row for row in rows if name(row) == stream}
        last = [steps[step] for step in STEPS if step in steps][-1]
        top1 = [_top1(steps[step]) if step in steps else "" for step in STEPS]
        if unseen:
            found = last.get("top1_unseen")
            top1.append("" if found is None else f"{100 * found:.1f} %")
        costs = [f"{100 * last['graph_skip']:.1f} %",
                 *(f"{last[name]:.1f} x" for name in ("mac_reduction", "effective_reduction", "param_reduction",
                                                      "bit_reduction")),
                 *(f"{last[name]:.2f}" for name in densities)]
        lines.append(f"| {' | '.join([stream, *top1, *costs])} |")
    return lines


def accuracy_tables(root: Path) -> str:
    """Markdown of ``results/accuracy.json`` and of the trade-off, a table for each network and split.

    Empty where neither file is there.
    """
    rows = _load(root / ACCURACY) or []
    lines: list[str] = []
    for group in dict.fromkeys((row["dataset"], row["protocol"], row["network"]) for row in rows):
        group_rows = [row for row in rows if (row["dataset"], row["protocol"], row["network"]) == group]
        counts = " and ".join(f"{count:,}" for count in sorted({row["clips"] for row in group_rows}))
        several = sorted({row["seeds"] for row in group_rows if "seeds" in row})
        ranges = f" In brackets the range of {' or '.join(map(str, several))} seeds." if several else ""
        seen = max(row.get("clips_seen") or 0 for row in group_rows)
        caveat = (f" {seen} of them are training clips as well, recording for recording: that is so in the data set, "
                  f"and the last step's accuracy without them stands beside.") if seen else ""
        caption = paragraph(
            f"Top-1 of `{group[2]}` on {group[0]}, {group[1]}, all {counts} test clips; int8 is the golden model's "
            f"integers, a name with + the sum of these streams' scores.{ranges}{caveat} Each row of `{ACCURACY}` "
            f"holds the command that measures it.")
        lines += [caption, "", *_streams(group_rows), ""]
    if points := _load(root / TRADEOFF):
        lines += [f"![Top-1 against the reduction of multiplications, {len(points)} networks](../{PICTURE})", "",
                  f"The points and their commands are in `{TRADEOFF}`.", ""]
    return "\n".join(lines).strip()


def performance_table(root: Path) -> str:
    """Markdown of ``results/performance.json``; empty where it is not there."""
    rows = _load(root / "results" / "performance.json")
    if not rows:
        return ""
    text = f"{markdown(rows)}\n\nBy `{SOURCES['performance.json'][1]}`, see [benchmark](benchmark.md)."
    for picture, what in PICTURES.items():
        if (root / "results" / picture).is_file():
            text += f"\n\n![{what}](../results/{picture})"
    return text


def ensembles_text(root: Path) -> str:
    """Markdown of :data:`ENSEMBLE_ROWS`; empty where it is not there."""
    rows = _load(root / ENSEMBLE_ROWS)
    if not rows:
        return ""
    return f"{streams_markdown(rows)}\n\n" + paragraph(
        f"Each row of `{ENSEMBLE_ROWS}` holds the command that measures it, and the activity of every unit.")


def targets_table(root: Path) -> str:
    """Markdown of ``results/performance.json`` beside the targets, and of what is lost; empty where it is not there."""
    rows = _load(root / "results" / "performance.json")
    return f"{targets_markdown(rows)}\n\n{losses_markdown(rows)}" if rows else ""


def variants_table(root: Path) -> str:
    """Markdown of ``results/variants.json``; empty where it is not there."""
    rows = _load(root / "results" / "variants.json")
    if not rows:
        return ""
    caption = paragraph(f"One idea switched off each in `{rows[0]['design']}`, the fastest folding for "
                        f"{rows[0]['multipliers']} multipliers, cycles from RTL simulation ({rows[0]['clip']}), "
                        f"resources estimated, by `{SOURCES['variants.json'][1]}`:")
    return f"{caption}\n\n{variants_markdown(rows)}"


def results_text(root: Path) -> str:
    """Text of ``docs/results.md`` between its markers: a section for each kind of figure that is there."""
    sections = {"Speed and resources": performance_table(root), "Ensembles": ensembles_text(root),
                "One idea switched off each": variants_table(root), "Single figures": results_table(root),
                "Accuracy": accuracy_tables(root)}
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)


def speed_text(root: Path) -> str:
    """What the first screen of the README says of the speed; empty without ``results/performance.json``."""
    rows = _load(root / "results" / "performance.json")
    return headline(rows) if rows else ""


def front_text(root: Path) -> str:
    """The short tables of the README."""
    rows, accuracies = _load(root / "results" / "performance.json"), _load(root / ACCURACY)
    texts = (short_table(rows) if rows else "", short_accuracy(accuracies or []))
    return "\n\n".join(text for text in texts if text)


def main(root: Path) -> int:
    """Bring ``results/``, the README and the pages in ``root`` up to date."""
    (root / "results").mkdir(exist_ok=True)
    for name, (source, command) in SOURCES.items():
        if (root / source).is_file():
            shutil.copyfile(root / source, root / "results" / name)
        else:
            print(f"results/{name} stays as it is: {source} is not there ({command})")
    for page, begin, end, section in SECTIONS:
        if (root / page).is_file():
            _rewrite(root / page, begin, end, section(root))
    return 0


def _rewrite(path: Path, begin: str, end: str, section: str):
    """Put ``section`` between the lines ``begin`` and ``end`` of the file at ``path``."""
    text = path.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{path} must hold the lines {begin} and {end}")
    before, after = text.split(begin, 1)
    path.write_text(f"{before}{begin}\n{section}\n{end}{after.split(end, 1)[1]}", encoding="utf-8", newline="\n")
    print(f"{path} is up to date with results/")


def devices_table(root: Path) -> str:
    """Markdown table of ``results/devices.json``; empty where the file is missing."""
    rows = _load(root / "results" / "devices.json")
    return "" if rows is None else table([Entry.of(row) for row in rows])


SECTIONS = (("README.md", SPEED_BEGIN, SPEED_END, speed_text), ("README.md", BEGIN, END, front_text),
            ("docs/results.md", BEGIN, END, results_text),
            ("docs/ensembles.md", STREAMS_BEGIN, STREAMS_END, ensembles_text),
            ("docs/devices.md", DEVICES_BEGIN, DEVICES_END, devices_table),
            ("docs/benchmark.md", TARGETS_BEGIN, TARGETS_END, targets_table))
"""Pages with a section of figures, between which lines, and what writes it."""


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
