"""``hypgcn synth``: every unit through Yosys, with its resources."""

from pathlib import Path

from hypgcn.choices import add_folding_options, chosen_folding, folding_words, load_design
from hypgcn.console import add_json, examples, finished, introduce, show
from hypgcn.progress import Progress

from .defaults import DEFAULT_DESIGN, MULTIPLIERS

__all__ = ["register"]

COLUMNS = {"lut": "lut", "ff": "ff", "carry4": "carry4", "dsp": "dsp", "bram36": "bram36", "max_logic_levels": "levels",
           "levels_from_ports": "from port", "levels_to_ports": "to port", "levels_between_ports": "through"}
"""Columns of the table: keys of a row, and their titles."""


def register(commands):
    """Add the parser of ``hypgcn synth``."""
    parser = commands.add_parser(
        "synth", help="map every unit with Yosys and count its resources",
        description="Map every unit with Yosys (synth_xilinx -family xcu) and count its resources.",
    )
    examples(parser, "hypgcn synth tiny --unit requant", "hypgcn synth nwucla_small --json")
    parser.add_argument(
        "design",
        metavar="DESIGN",
        nargs="?",
        help=f"folder of a design, or a preset (default: {DEFAULT_DESIGN})",
    )
    add_folding_options(parser, MULTIPLIERS)
    parser.add_argument("--unit", action="append", metavar="NAME", help="only this unit; may be given more than once")
    parser.add_argument("--out", type=Path, default=Path("build/synth"), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Map the units; 1 when one does not map."""
    from hypgcn.design.files import write_json
    from hypgcn.emission.emit import emit

    from ..stimuli.clips import make_clips
    from ..synthesis.units import synthesise
    from ..unit_tests.cases import TEST_CASES
    from ..unit_tests.context import Context

    units = args.unit or [name for name in TEST_CASES if name not in ("network", "core")]
    if unknown := [name for name in units if name not in TEST_CASES]:
        raise ValueError(f"--unit must be one of {', '.join(TEST_CASES)}, not {', '.join(unknown)}")
    design = load_design(args.design or DEFAULT_DESIGN)
    introduce(design, folding_words(args, design))
    folding = chosen_folding(args, design)
    clips, real = make_clips(design, 2, seed=1)
    context = Context(design, folding, clips, real, 1)
    progress = Progress("mapping with Yosys")
    rows = []
    for number, name in enumerate(units):
        progress(number, len(units), name)
        row = {"unit": name, "design": design.name}
        try:
            emit(TEST_CASES[name](context).component(), "top", args.out / name)
            row |= {**synthesise(args.out / name, "top"), "mapped": True}
        except RuntimeError as error:
            row |= {"mapped": False, "error": str(error)}
        rows.append(row)
    failed = [row for row in rows if not row["mapped"]]
    progress.finish(f"{len(rows) - len(failed)} of {len(rows)} units mapped")
    path = args.out / "summary.json"
    write_json(path, rows)
    show(args, rows, _table(rows))
    finished(path, then=["vivado", args.design or DEFAULT_DESIGN] if not failed else ())
    return 1 if failed else 0


def _table(rows) -> str:
    width = max(len(row["unit"]) for row in rows)
    lines = [f"{'unit':{width}}" + "".join(f"{title:>10}" for title in COLUMNS.values())]
    lines += [f"{row['unit']:{width}}"
              + ("".join(f"{row[column]:10g}" for column in COLUMNS) if row["mapped"] else "  FAILED") for row in rows]
    return "\n".join([*lines, *(f"\n{row['unit']}: {row['error']}" for row in rows if not row["mapped"])])
