"""Docs, docstrings, comments, help and messages use the field's words (CONTRIBUTING.md, "Words").

The house once had words of its own for what the field already names. Each entry below is such a word and the term that
takes its place; a word in its ordinary sense is exempt by an expression that says where.
"""

import ast
import io
import re
import tokenize

import pytest

from contracts.tree import PACKAGES, ROOT, modules

# (private word, field's term, ordinary uses)
WORDS = [
    (r"\btold\b|\btells?\b|\bhears?\b", "flagged, signalled, carries, reports", r""),
    (r"\bwalk(?:s|ed|ing|ers?)?\b", "pass over, traversal, read-address generator", r"walk around"),  # of NW-UCLA
    (r"\bwatch(?:es|ed|ing)?\b", "performance counter, activity, monitor", r""),
    (r"\bunder way\b|\bon (?:its|their) way\b", "in flight, outstanding", r""),
    (r"\bdrain order\b|\bsends? off\b|\bsent off\b", "output order, captured, drained", r""),
    (r"\bas long as one likes\b", "back-pressure of any length", r""),
    (r"\bslower by\b", "slowdown", r""),
    (r"\btakers?\b", "sink", r""),
    (r"\bbeats or equals\b|\bequals? in everything\b", "dominates, Pareto front", r""),
    (r"\bgo(?:es)? the old way\b|\bcares? for\b|\bshares? (?:it )?alike\b", "say what happens", r""),
    (r"\blearn(?:s|ed)? from teachers?\b|\bwhat (?:its|the) teachers? says?\b", "knowledge distillation", r""),
    (r"\btwo halves\b|\bfills while\b", "ping-pong (double) buffer", r""),
    (r"\bbench(?:es)?\b", "test case, testbench, wrapper; bench is the benchmark",
     r"(?:make |hypgcn |`|/|[\"'])bench\b|\bbench-quick|\bbench\.(?:py|json)"),
    (r"^Of (?:the|a|an|each|all|one)\b", "name the value: 'LUTs of the window'", r""),
]


def _docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=True)
            if text:
                yield node.body[0].lineno, text


def _strings(tree):
    """Texts for people: string constants with a blank in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, node.value


def _comments(source):
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def texts_of_python(source):
    """(line, text) of every docstring, comment and text for people."""
    tree = ast.parse(source)
    return [*_docstrings(tree), *_strings(tree), *_comments(source)]


def texts_of_c(source):
    """(line, text) of comments and strings."""
    for match in re.finditer(r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\"", source, re.DOTALL):
        yield source.count("\n", 0, match.start()) + 1, match[0]


def texts_of_markdown(source):
    """(line, text) of each line outside of code blocks."""
    code = False
    for number, line in enumerate(source.splitlines(), 1):
        if line.lstrip().startswith("```"):
            code = not code
        elif not code:
            yield number, line


def private_words(texts):
    """``line: word -> term`` of every private word in (line, text) pairs."""
    for line, text in texts:
        for word, term, ordinary in WORDS:
            for match in re.finditer(word, text, re.IGNORECASE if not word.startswith("^") else 0):
                around = text[max(0, match.start() - 40):match.end() + 12]
                if ordinary and re.search(ordinary, around, re.IGNORECASE):
                    continue
                yield f"{line}: {match[0]!r}: write {term}"


NAMES = re.compile(r"(?:^|(?<!at)_)(?:watch(?:ed|es)?|walk(?:s|er)?|told|takers?|most|least|mine|others|slower_by)"
                   r"(?:_|$)", re.IGNORECASE)
"""Parts of names that say nothing or say it privately."""


def private_names(source):
    """``line: name`` of every name that the source defines with a private word in it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) | \
                    ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                if NAMES.search(name):
                    yield f"{node.lineno}: {name}"


def _files():
    for package in PACKAGES:
        yield from ((path, texts_of_python) for path in modules(package))
    yield from ((path, texts_of_python) for path in sorted((ROOT / "examples").glob("*.py")))
    for folder in PACKAGES.values():
        for suffix in ("*.cpp", "*.hpp", "*.sv", "*.tcl"):
            yield from ((path, texts_of_c) for path in sorted(folder.rglob(suffix)))
    for suffix in ("*.c", "*.h"):
        yield from ((path, texts_of_c) for path in sorted((ROOT / "firmware/c").glob(suffix)))
    yield from ((path, texts_of_markdown) for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md")),
                                                       *sorted((ROOT / "checkpoints").glob("*/*.md"))])


def test_no_private_words():
    wrong = [f"{path.relative_to(ROOT)}:{text}" for path, read in _files() if path.name != "CHANGELOG.md"
             for text in private_words(read(path.read_text(encoding="utf-8")))]
    assert not wrong, f"{len(wrong)} private words:\n" + "\n".join(wrong)


def test_no_private_names():
    wrong = [f"{path.relative_to(ROOT)}:{name}" for package in PACKAGES for path in modules(package)
             for name in private_names(path.read_text(encoding="utf-8"))]
    assert not wrong, f"{len(wrong)} private names:\n" + "\n".join(wrong)


@pytest.mark.parametrize("source", ["most = 3", "def watched(): 0", "MOST_DEPTH = 1", "class Walk_er: 0\nwalker = 1",
                                    "def f(x_most): 0", "self.told = 1"])
def test_private_names_are_recognised(source):
    assert list(private_names(source))
    assert not list(private_names("almost = 1\nleastways = 2\nstopwatch = walkway = at_most_one = 3\nprint(most)"))


def test_every_kind_of_file_is_read():
    suffixes = {path.suffix for path, _ in _files()}
    assert suffixes >= {".py", ".md", ".c", ".h", ".cpp", ".hpp", ".sv", ".tcl"}


@pytest.mark.parametrize("text", [
    "the lane is told early", "It tells the head", "walks the tokens", "a walker", "watched units",
    "rows are under way", "in drain order", "held as long as one likes", "slower by", "a taker", "every bench passes",
    "Of the window.", "cares for its ends",
])
def test_private_words_are_recognised(text):
    assert list(private_words([(1, text)]))


@pytest.mark.parametrize("text", ["by `make bench`", "hypgcn bench DESIGN", "make bench-quick", "the benchmark",
                                  "stopwatch", "a sidewalk", "at most 3 rows", "LUTs of the window"])
def test_ordinary_words_are_not(text):
    assert not list(private_words([(1, text)]))


@pytest.mark.parametrize("source", ['"""It tells."""\n', "x = 1  # told\n", 'raise ValueError("a watched unit")\n',
                                    'def f():\n    """Of the window."""\n'])
def test_docstrings_comments_and_messages_are_read(source):
    assert list(private_words(texts_of_python(source)))
    assert not list(private_words(texts_of_python('name = "watched"\nwalk = 3\n')))


def test_code_blocks_and_paths_of_pages_are_left_alone():
    assert not list(private_words(texts_of_markdown("```\nwatch\n```\n")))
    assert [word.partition(" ")[0] for word in private_words(texts_of_markdown("a\nwatch\n"))] == ["2:"]
