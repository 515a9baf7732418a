"""``hypgcn lint``: other tools read emitted RTL."""

from pathlib import Path

from hypgcn.console import examples

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn lint``."""
    parser = commands.add_parser("lint", help="check emitted RTL with Verilator, slang, Verible and Yosys")
    examples(parser, "hypgcn lint build/tiny", "hypgcn lint build/tiny --no-yosys")
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of hypgcn verilog")
    parser.add_argument("--name", default="hypgcn", help="name of the top module (default: %(default)s)")
    parser.add_argument("--no-yosys", action="store_true", help="leave out Yosys, whose first run takes a minute")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Check the folder; 1 when a tool reports a finding."""
    from ..synthesis.lint import WAIVERS, read_by_yosys, slang_errors, verible_errors, verilator_findings

    if not (args.folder / f"{args.name}.sv").is_file():
        raise FileNotFoundError(
            f"{args.folder / args.name}.sv not found: hypgcn verilog DESIGN -o {args.folder} writes it"
        )
    findings = verilator_findings(args.folder, args.name)
    if findings:
        print("\n".join(findings[:20]))
        print(f"verilator: {len(findings)} findings")
        return 1
    print(f"verilator --lint-only: clean, with the waivers of {WAIVERS.name}")
    for tool, errors in (("slang", slang_errors(args.folder, args.name)), ("verible", verible_errors(args.folder))):
        if errors:
            print("\n".join(errors[:20]))
            print(f"{tool}: {len(errors)} errors")
            return 1
        print(f"{tool}: accepted, no error")
    if not args.no_yosys:
        try:
            read_by_yosys(args.folder, args.name)
        except RuntimeError as error:
            print(error)
            return 1
        print("yosys: read, no module missing")
    return 0
