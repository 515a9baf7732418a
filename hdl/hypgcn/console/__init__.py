"""What the commands share: their parser, their groups, what they print, and shell completion."""

from .output import add_json, finished, introduce, json_alone, show
from .parser import Commands, HelpFormatter, Parser, examples, texts

__all__ = ["Commands", "HelpFormatter", "Parser", "add_json", "examples", "finished", "introduce",
           "json_alone", "show", "texts"]
