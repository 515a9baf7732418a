"""Enough of Tcl's grammar to see which commands a script would call, without running it."""

import re
from dataclasses import dataclass

__all__ = ["Word", "calls", "commands", "procs"]

BUILTIN = {
    "append", "array", "break", "catch", "close", "concat", "continue", "dict", "error", "exec", "exit", "expr",
    "file", "for", "foreach", "format", "global", "if", "incr", "info", "join", "lappend", "lindex", "list", "llength",
    "lrange", "lsearch", "namespace", "open", "proc", "puts", "read", "regexp", "regsub", "return", "set", "source",
    "split", "string", "switch", "try", "variable", "while",
}
"""Commands of Tcl itself that scripts here may use."""


@dataclass(frozen=True)
class Word:
    """``kind`` is ``"brace"`` (``text`` is the inside, nothing is substituted), ``"quote"`` or ``"bare"``."""

    text: str
    kind: str

    @property
    def literal(self) -> bool:
        """Nothing in it is substituted."""
        return self.kind == "brace" or not re.search(r"[$\[\\]", self.text)


def _closing(text, start, opening, closing):
    """Index behind the bracket that closes the one at ``start``."""
    depth, at = 0, start
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == opening:
            depth += 1
        elif text[at] == closing:
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    line = text.count("\n", 0, start) + 1
    raise ValueError(f"line {line}: {opening} is not closed")


def _bare_end(text, at, stop):
    """Index of the first character of ``stop`` that is neither escaped nor inside square brackets."""
    while at < len(text) and text[at] not in stop:
        if text[at] == "\\":
            at += 2
        elif text[at] == "[":
            at = _closing(text, at, "[", "]")
        else:
            at += 1
    return at


def commands(text: str):
    """Every command of a script as a list of :class:`Word`; what is nested in words is not looked at."""
    text = re.sub(r"\\\n[ \t]*", " ", text)
    at, words = 0, []
    while at < len(text):
        char = text[at]
        if char in "\n;":
            if words:
                yield words
            at, words = at + 1, []
        elif char in " \t":
            at += 1
        elif char == "#" and not words:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        else:
            if char == "{":
                end = _closing(text, at, "{", "}")
                word = Word(text[at + 1:end - 1], "brace")
            elif char == '"':
                end = _bare_end(text, at + 1, '"') + 1
                if end > len(text):
                    raise ValueError(f"line {text.count(chr(10), 0, at) + 1}: \" is not closed")
                word = Word(text[at + 1:end - 1], "quote")
            else:
                end = _bare_end(text, at, " \t\n;")
                word = Word(text[at:end], "bare")
            if end < len(text) and text[end] not in " \t\n;":
                raise ValueError(f"line {text.count(chr(10), 0, at) + 1}: {text[end]!r} directly behind a word")
            words.append(word)
            at = end
    if words:
        yield words


def _substitutions(text):
    """Scripts in square brackets."""
    at = 0
    while (at := text.find("[", at)) >= 0:
        if at and text[at - 1] == "\\":
            at += 1
            continue
        end = _closing(text, at, "[", "]")
        yield text[at + 1:end - 1]
        at = end


def _bodies(words):
    """(scripts, expressions) among the braced words of a command."""
    name = words[0].text
    if name in ("if", "while"):
        conditions = [1] + [n + 1 for n, word in enumerate(words) if word.text == "elseif" and word.kind == "bare"]
        for n, word in enumerate(words[1:], 1):
            if word.kind == "brace":
                yield ("expression" if n in conditions else "script"), word.text
    elif name == "expr":
        yield from (("expression", word.text) for word in words[1:])
    elif name in ("proc", "foreach") or (name in ("dict", "namespace") and words[1].text in ("for", "eval")):
        yield "script", words[-1].text
    elif name in ("try", "catch"):
        yield from (("script", word.text) for word in words[1:] if word.kind == "brace")


def calls(text: str):
    """Every command that the script could call, however deep, as a list of :class:`Word`."""
    for words in commands(text):
        yield words
        for word in words:
            if word.kind != "brace":
                for inside in _substitutions(word.text):
                    yield from calls(inside)
        for kind, inside in _bodies(words):
            if kind == "script":
                yield from calls(inside)
            else:
                for nested in _substitutions(inside):
                    yield from calls(nested)


def procs(text: str) -> set[str]:
    """Names of the procedures that a script defines, with and without their namespace."""
    full = {words[1].text for words in calls(text) if words[0].text == "proc"}
    return full | {name.rpartition("::")[2] for name in full}
