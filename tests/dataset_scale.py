"""Peak memory and seconds of every step on a generated dataset: ``python tests/dataset_scale.py FOLDER``.

The dataset has the size of NTU RGB+D (40,320 clips of 300 frames, two persons, 60 classes: 7.3 GB) unless options say
otherwise. Each step is a process of its own; what is in FOLDER already is not made again. The exit status is 1 where a
step takes more memory than the limit.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 4096
"""MB that no step may exceed."""
STEPS = 12
"""Steps of gradient descent of an epoch."""


def commands(folder: str, *, classes: int, subjects: int, frames: int, tested: int) -> dict[str, list[str]]:
    """Arguments of ``hypgcn`` for each step; every step reads all clips of the dataset."""
    data = ["--data", f"{folder}/clips.npz"]
    short = [*data, "--max-epoch-steps", str(STEPS)]
    return {
        "motion": ["motion", "--classes", str(classes), "--subjects", str(subjects), "--views", "3", "--clips", "8",
                   "--persons", "2", "--shortest", str(frames), "--longest", str(frames), "-o", f"{folder}/clips.npz"],
        "train": ["train", *short, "--frames", "64", "--persons", "2", "--epochs", "1", "-o", f"{folder}/float"],
        "prune": ["prune", f"{folder}/float/last.safetensors", *short, "--weights-epochs", "1", "--threshold-epochs",
                  "1", "-o", f"{folder}/pruned"],
        "quantise": ["quantise", f"{folder}/pruned/pruned.safetensors", *data, "-o", folder],
        "compile": ["compile", f"{folder}/quantised", *data, "-o", folder],
        "evaluate": ["evaluate", f"{folder}/design", *data, "--clips", str(tested), "--pruned",
                     f"{folder}/pruned/pruned.safetensors", "-o", f"{folder}/metrics.json"],
    }


_CODE = """
import sys
from hypgcn.cli import main
from hypgcn.usage import peak_memory_mb
status = main(sys.argv[2:])
open(sys.argv[1], "w", encoding="utf-8").write(str(peak_memory_mb()))
sys.exit(status)
"""


def measure(arguments: list[str], note: Path) -> dict:
    """Run ``hypgcn`` with ``arguments``: ``seconds`` and ``peak_mb``, the largest resident memory of that process."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", _CODE, str(note), *arguments], check=True)
    seconds = time.monotonic() - start
    peak = int(note.read_text(encoding="utf-8"))
    note.unlink()
    return {"seconds": round(seconds), "peak_mb": peak}


def table(rows: dict[str, dict]) -> str:
    """Markdown, a line for each step."""
    lines = ["| step | peak memory | seconds | command |", "| --- | --- | --- | --- |"]
    lines += [f"| {name} | {row['peak_mb']:,} MB | {row['seconds']:,} | `{row['command']}` |"
              for name, row in rows.items()]
    return "\n".join(lines)


def measure_all(folder: str, limit: int = LIMIT, **sizes) -> tuple[dict[str, dict], list[str]]:
    """Rows of all steps, which ``scale.json`` in ``folder`` keeps, and the names of those above ``limit`` MB."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    kept = Path(folder) / "scale.json"
    rows = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    for name, arguments in commands(folder, **sizes).items():
        text = shlex.join(["hypgcn", *arguments])
        if rows.get(name, {}).get("command") != text:
            print(f"$ {text}", file=sys.stderr, flush=True)
            rows[name] = {**measure(arguments, Path(folder) / "peak.json"), "command": text}
            kept.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8", newline="\n")
    return rows, [name for name, row in rows.items() if row["peak_mb"] > limit]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--limit", type=int, default=LIMIT, help="MB (default: %(default)s)")
    for option, default in (("classes", 60), ("subjects", 28), ("frames", 300), ("tested", 1000)):
        parser.add_argument(f"--{option}", type=int, default=default, help="(default: %(default)s)")
    options = vars(parser.parse_args())
    os.environ["PYTHONPATH"] = os.pathsep.join([*(str(Path(__file__).parents[1] / name) for name in (
        "hdl", "pruning")), os.environ.get("PYTHONPATH", "")])
    found, above = measure_all(**options)
    print(table(found))
    for step in above:
        print(f"{step} took {found[step]['peak_mb']} MB, more than {options['limit']}", file=sys.stderr)
    sys.exit(bool(above))
