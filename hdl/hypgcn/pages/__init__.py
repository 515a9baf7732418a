"""Self-contained HTML pages: moving skeletons with what a network says of them, and reports.

A page is one file, without network, external scripts or fonts. What is shared with other pages, the drawing of
skeletons in ``static/skeleton.js`` above all, is here; who has something to show hands over plain data.
"""

from .browser import open_page
from .clip import Answer, BlockWork, PageClip
from .document import document, static_text
from .picture import check_gif, save_gif
from .player import player_page

__all__ = ["Answer", "BlockWork", "PageClip", "check_gif", "document", "open_page", "player_page", "save_gif",
           "static_text"]
