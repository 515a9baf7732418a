"""One HTML file with everything in it: styles, scripts and data."""

import json
from html import escape
from importlib.resources import files

__all__ = ["document", "escape", "static_text"]

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may load for a page: nothing, so that a file from elsewhere would be an error in its console."""


def static_text(name: str) -> str:
    """Text of a file in the folder ``static``."""
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def document(title: str, body: str, *, styles: tuple[str, ...] = (), scripts: tuple[str, ...] = (), data=None) -> str:
    """HTML of a page.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML between ``<body>`` and the scripts; texts in it are escaped already.
    styles, scripts : tuple of str
        Files of the folder ``static``, in this order; ``page.css`` always comes first.
    data : plain data or None
        What ``JSON.parse`` of the element ``data`` gives the scripts.

    Returns
    -------
    str
        The same for the same arguments.
    """
    css = "".join(static_text(name) for name in ("page.css", *styles))
    code = "".join(f"<script>\n{static_text(name)}</script>\n" for name in scripts)
    held = ""
    if data is not None:
        # A "</script" in a name would end the element; "<" occurs in strings only, where it may be written so.
        text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        held = f'<script type="application/json" id="data">{text}</script>\n'
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<link rel="icon" href="data:,">\n'
            f"<title>{escape(title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n{body}\n{held}{code}</body>\n"
            f"</html>\n")
