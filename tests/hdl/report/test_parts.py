"""What the sections of a report are made of."""

from hypgcn.report.parts import Section, count, quiet, table, used_text


def test_a_section_says_which_network_it_is_of():
    section = Section("Memory", "<p>one</p>", "<p>two</p>")
    assert section.html() == "<section>\n<h2>Memory</h2>\n<p>one</p>\n<p>two</p>\n</section>"
    assert "<h2>a&amp;b: Memory</h2>" in section.html("a&b")


def test_tables_have_numbers_behind_texts():
    assert table(("a", "b"), [("x", 1)]) == (
        '<div class="wide"><table><thead><tr><th>a</th><th class="number">b</th></tr></thead><tbody><tr><td>x</td>'
        '<td class="number">1</td></tr></tbody></table></div>')
    assert "number" not in table(("a", "b"), [("x", 1)], text=2)


def test_counts_of_resources():
    assert (count("bram36", 2.5), count("bram36", 2.24), count("lut", 1234.4)) == ("2.5", "2", "1,234")
    assert quiet("<") == '<p class="quiet">&lt;</p>'


def test_what_is_used_and_what_is_missing():
    used, warning = used_text({"dsp": (50, 100), "uram": (2, 0), "lut": (300, 200)}, "X1")
    assert used == "50 of 100 DSPs (50%), 2 UltraRAMs, of which X1 has none, 300 of 200 LUTs (150%)"
    assert warning == '<p class="bad">does not fit: too many UltraRAMs and LUTs</p>'
    assert used_text({"dsp": (50, 100)}, "X1")[1] == ""
