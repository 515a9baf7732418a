"""Opening a page."""

import pytest

from hypgcn.pages import browser


def test_the_file_is_opened(monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(browser.webbrowser, "open", lambda address: opened.append(address) or True)
    browser.open_page(tmp_path / "a page.html")
    assert opened == [(tmp_path / "a page.html").as_uri()]


def test_without_a_browser_the_address_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(browser.webbrowser, "open", lambda address: False)
    with pytest.raises(OSError, match="no browser could be started; the page is file:.*page.html"):
        browser.open_page(tmp_path / "page.html")
