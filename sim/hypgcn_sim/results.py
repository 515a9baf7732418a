"""The results table of the README, from measured JSON files.

``python -m hypgcn_sim.results`` copies the summaries that the commands left under ``build/`` into ``results/``, those
that are there, and rewrites the part of ``README.md`` between its markers. Nothing in the table is typed by hand.
"""

import json
import shutil
import sys
from pathlib import Path

__all__ = ["SOURCES", "results_table", "main"]

SOURCES = {
    "emission.json": ("build/emission.json", "make verilog ARGS='--measure build/emission.json'"),
    "sim.json": ("build/sim/summary.json", "make sim"),
    "synth.json": ("build/synth/summary.json", "make synth"),
}
"""File in ``results/``: where the command leaves it, and the command."""
METRICS = "checkpoints/nwucla_small/metrics.json"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def _load(path: Path):
    return json.loads(path.read_text()) if path.is_file() else None


def results_table(root: Path) -> str:
    """Markdown of what ``results/`` and the shipped metrics say; a file that is not there leaves its rows out."""
    lines = ["| what | measured | by |", "| --- | --- | --- |"]

    def row(what, value, command):
        lines.append(f"| {what} | {value} | {command} |")

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
    if sim := _load(root / "results" / "sim.json"):
        command = f"`{SOURCES['sim.json'][1]}`"
        row("benches of emitted RTL in Verilator, equal to the golden integers",
            f"{sum(bench['passed'] for bench in sim)} of {len(sim)}", command)
        for bench in sim:
            if bench["bench"] == "network":
                row(f"of these the whole network `{bench['design']}`: logits and every block's output",
                    f"{bench['clips']} clips, {bench['real_clips']} of them real recordings, "
                    f"{bench['cycles']:,} cycles with random gaps and stalls", command)
    if emission := _load(root / "results" / "emission.json"):
        row(f"emission of the full network ({emission['blocks']} blocks, `{emission['design']}`)",
            f"{emission['seconds']:.0f} s, peak memory {emission['peak_memory_mb']} MB, "
            f"{emission['multipliers']} multipliers, {emission['megabytes']} MB of text",
            f"`{SOURCES['emission.json'][1]}`")
    if synth := _load(root / "results" / "synth.json"):
        command = f"`{SOURCES['synth.json'][1]}`"
        mapped = sum(unit["mapped"] for unit in synth)
        row("units mapped by Yosys `synth_xilinx -family xcu`", f"{mapped} of {len(synth)}", command)
        named = {unit["unit"]: unit for unit in synth if unit["mapped"]}
        for name, label in (("packed_mac_dsp48e2", "a packed MAC with the unpacking of its two sums"),
                            ("row_store", "a row store"),
                            ("rfc_encoder", "the RFC encoder"), ("rfc_decoder", "the RFC decoder")):
            if unit := named.get(name):
                row(f"{label} (`{name}`)",
                    f"{unit['dsp']} DSP48E2, {unit['lut']} LUT, {unit['ff']} FF, {unit['bram36']:g} BRAM36", command)
    return "\n".join(lines)


def main(root: Path) -> int:
    """Bring ``results/`` and the README up to date."""
    (root / "results").mkdir(exist_ok=True)
    for name, (source, command) in SOURCES.items():
        if (root / source).is_file():
            shutil.copyfile(root / source, root / "results" / name)
        else:
            print(f"results/{name} stays as it is: {source} is not there ({command})")
    readme = root / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{readme} must hold the lines {BEGIN} and {END}")
    head, rest = text.split(BEGIN, 1)
    readme.write_text(f"{head}{BEGIN}\n{results_table(root)}\n{END}{rest.split(END, 1)[1]}")
    print(f"{readme} says what results/ says")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
