"""One file with everything in it."""

import json
import re

import pytest

from hypgcn.pages.document import document, static_text


def test_styles_scripts_and_data():
    html = document("a < b", "<p>x</p>", styles=("player.css",), scripts=("skeleton.js", "player.js"),
                    data={"text": "</script>"})
    assert html.startswith("<!DOCTYPE html>") and "<title>a &lt; b</title>" in html
    assert html.index(static_text("page.css")) < html.index(static_text("player.css"))
    assert html.index("<p>x</p>") < html.index('id="data"') < html.index(static_text("skeleton.js"))
    assert html.index(static_text("skeleton.js")) < html.index(static_text("player.js"))
    assert json.loads(re.search(r'id="data">(.*?)</script>', html)[1]) == {"text": "</script>"}


def test_a_page_without_data_has_no_script():
    assert "<script" not in document("a", "")


def test_numbers_that_json_does_not_know_are_refused():
    with pytest.raises(ValueError, match="Out of range"):
        document("a", "", data=[float("nan")])


@pytest.mark.parametrize("name", ["page.css", "player.css", "skeleton.js", "player.js"])
def test_files_name_nothing_from_elsewhere(name):
    assert not re.search(r"https?://|//[a-z]+\.[a-z]|@import|url\(|</script", static_text(name))
