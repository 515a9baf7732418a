"""Open a page in the user's browser."""

import webbrowser
from pathlib import Path

__all__ = ["open_page"]


def open_page(path):
    """Open the file ``path`` in a browser.

    Raises
    ------
    OSError
        There is none that could be started.
    """
    address = Path(path).resolve().as_uri()
    if not webbrowser.open(address):
        raise OSError(f"no browser could be started; the page is {address}")
