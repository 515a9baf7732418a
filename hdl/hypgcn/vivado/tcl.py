"""Text as words of Tcl. All Tcl that is written is plain ASCII: ``source`` reads it in the encoding of the system."""

import re

__all__ = ["tcl_word", "word_list"]


def tcl_word(text: str) -> str:
    """One word of Tcl whose value is ``text``; nothing in it is substituted, split or ends a command."""
    if re.fullmatch(r"[\w./:+-]+", text, re.ASCII):
        return text
    if re.fullmatch(r"[ -~]*", text) and not re.search(r"[{}\\]", text):
        return f"{{{text}}}"
    return "".join(map(_escaped, text))


def _escaped(char):
    if re.fullmatch(r"\w", char, re.ASCII):
        return char
    if " " <= char <= "~":
        return "\\" + char
    # Four digits always: fewer would take the next character along. Surrogates, because \U is new in Tcl 8.6.
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def word_list(words) -> str:
    """A braced Tcl list, one word a line."""
    return "{\n" + "".join(f"    {tcl_word(word)}\n" for word in words) + "}"
