"""The fleet page in a real browser, opened from a file as its readers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.fleet.test_pages import page, told, with_text
from tests.reports.conftest import chromium
from tests.reports.test_browser import ARGUMENTS, CONTRAST, Watched
from tests.reports.test_injection import EVERYTHING

pytestmark = pytest.mark.browser

__all__ = ["chromium"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["ours", "hostile"])
def test_the_page_does_nothing_and_can_be_read(
    browser: Browser, tmp_path: Path, scheme: str, width: int, text: str
) -> None:
    path = tmp_path / "fleet.html"
    path.write_text(page(told() if text == "ours" else with_text(EVERYTHING)), encoding="utf-8")
    dark = scheme == "dark"
    context = browser.new_context(color_scheme="dark" if dark else "light", viewport={"width": width, "height": 900})
    watched = Watched(context, path.as_uri())
    opened = watched.open()
    opened.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    measured = opened.evaluate(CONTRAST)
    sideways = opened.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    violations = opened.evaluate("window.violations")
    context.close()

    assert (watched.complaints, violations, sideways) == ([], [], 0)
    assert len(measured) > 60
    assert [one for one in measured if one["ratio"] < 4.5] == []
    assert (min(one["luminance"] for one in measured) < 0.05) == dark
