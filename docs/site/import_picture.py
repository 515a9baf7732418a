"""Draw what imports what in a package: folders and files on the floors of ``pyproject.toml``, an arrow for each import.

``python docs/site/import_picture.py`` writes the pictures into ``docs/images``. The same imports give the same bytes.
"""

import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs/images"
PLACES = {"hypgcn": "hdl", "hypgcn_sim": "sim"}
WIDTH, BOX_HEIGHT, FLOOR, SPACE = 1000, 30, 58, 28
CHARACTER = 9.2  # of the monospaced 15 pixel font
ROUNDS = 24      # after which nothing moves any more that could be seen


def floors(package: str) -> list[list[str]]:
    """Names on each floor of the package's import contract, highest floor first."""
    with open(ROOT / "pyproject.toml", "rb") as project:
        contracts = tomllib.load(project)["tool"]["importlinter"]["contracts"]
    contract, = (each for each in contracts if each.get("containers") == [package])
    return [[name.strip(" ()") for name in layer.replace("|", ":").split(":")] for layer in contract["layers"]]


def imports(package: str) -> dict[str, set[str]]:
    """For each file or folder of the package the others that it imports."""
    graph = grimp.build_graph(package, cache_dir=None)
    direct = {}
    for child in graph.find_children(package):
        modules = {child} | graph.find_descendants(child)
        imported = {name for module in modules for name in graph.find_modules_directly_imported_by(module)}
        tops = {name.split(".")[1] for name in imported if "." in name}
        direct[child.split(".")[1]] = tops - {child.split(".")[1]}
    return direct


def without_detours(direct: dict[str, set[str]]) -> dict[str, set[str]]:
    """The imports that no chain of other imports stands for: the fewest arrows that show the same order."""
    def below(name):
        reached = set()
        for other in direct[name]:
            reached |= {other} | below(other)
        return reached

    return {name: {target for target in targets
                   if not any(target in below(other) for other in targets if other != target)}
            for name, targets in direct.items()}


def lanes(rows: list[list[str]], arrows: dict[str, set[str]]) -> tuple[list[dict], list[list]]:
    """Widths of all items on each floor, and the items of each arrow: its ends, and a free place on floors between."""
    level = {name: index for index, row in enumerate(rows) for name in row}
    if missing := arrows.keys() - level.keys():
        raise ValueError(f"pyproject.toml must have a floor for {', '.join(sorted(missing))}")
    widths = [{name: len(label(name)) * CHARACTER + 20 for name in row} for row in rows]
    paths = []
    for name in sorted(arrows):
        for target in sorted(arrows[name]):
            between = [(name, target, floor) for floor in range(level[name] + 1, level[target])]
            for item in between:
                widths[item[-1]][item] = 6
            paths.append([name, *between, target])
    return widths, paths


def place(widths: list[dict], paths: list[list]) -> dict:
    """Centre (x, y) of each item: near what it is joined to, and apart from its neighbours on the floor."""
    near: dict = {item: [] for row in widths for item in row}
    for path in paths:
        for upper, lower in pairwise(path):
            near[upper].append(lower)
            near[lower].append(upper)
    x = {item: WIDTH * (index + 1) / (len(row) + 1) for row in widths for index, item in enumerate(row)}
    for _ in range(ROUNDS):
        for row in widths:
            wish = {item: sum(x[other] for other in near[item]) / max(1, len(near[item])) for item in row}
            order = sorted(row, key=lambda item: (wish[item], str(item)))
            left = 0.0
            for item in order:
                x[item] = max(wish[item], left + row[item] / 2)
                left = x[item] + row[item] / 2 + SPACE
            # The floor moves so that it is as near to its wishes as it can be; what would leave the picture stays in.
            shift = sum(wish[item] - x[item] for item in order) / len(order)
            right = WIDTH - SPACE
            for item in reversed(order):
                x[item] = min(x[item] + shift, right - row[item] / 2)
                right = x[item] - row[item] / 2 - SPACE
            left = SPACE
            for item in order:
                x[item] = max(x[item], left + row[item] / 2)
                left = x[item] + row[item] / 2 + SPACE
    return {item: (x[item], FLOOR * (index + 0.5)) for index, row in enumerate(widths) for item in row}


def label(name: str) -> str:
    """The name as it stands in the file system."""
    folder = any((ROOT / place / package / name).is_dir() for package, place in PLACES.items())
    return f"{name}/" if folder else f"{name}.py"


def picture(package: str) -> str:
    """SVG text of the package's imports."""
    arrows = without_detours(imports(package))
    rows = [kept for row in floors(package) if (kept := [name for name in row if name in arrows])]
    widths, paths = lanes(rows, arrows)
    centre = place(widths, paths)
    height = len(rows) * FLOOR
    text = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            'font-family="monospace" font-size="15">',
            f"<title>Imports in {package}, from the importing to the imported folder or file</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M0 0 8 4 0 8z" fill="#4a6785"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']
    text += [f'<rect y="{level * FLOOR}" width="{WIDTH}" height="{FLOOR}" fill="#f4f6f8"/>'
             for level in range(0, len(rows), 2)]
    for path in paths:
        points = [centre[item] for item in path]
        line = f"M{points[0][0]:.0f} {points[0][1] + BOX_HEIGHT / 2:.0f}"
        for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
            y0 += BOX_HEIGHT / 2
            y1 -= BOX_HEIGHT / 2
            middle = (y0 + y1) / 2
            line += f"C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
            if index < len(points) - 2:
                line += f"V{y1 + BOX_HEIGHT:.0f}"
        text.append(f'<path d="{line}" fill="none" stroke="#4a6785" stroke-width="1.4" marker-end="url(#tip)"/>')
    for name in sorted(arrows):
        (x, y), width = centre[name], len(label(name)) * CHARACTER + 20
        fill = "#dbe7f3" if label(name).endswith("/") else "#ffffff"
        text.append(f'<rect x="{x - width / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{width:.0f}" '
                    f'height="{BOX_HEIGHT}" rx="4" fill="{fill}" stroke="#1f3a57"/>')
        text.append(f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="#10202f">{label(name)}</text>')
    return "\n".join([*text, "</svg>", ""])


def path_of(package: str) -> Path:
    """Where the package's picture lies."""
    return IMAGES / f"imports_{package}.svg"


if __name__ == "__main__":
    for name in sys.argv[1:] or PLACES:
        path_of(name).write_text(picture(name), encoding="utf-8", newline="\n")
