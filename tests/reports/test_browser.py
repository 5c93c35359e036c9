"""The page in a real browser, opened from a file as its readers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from reports import WRITERS
from tests.reports import sample
from tests.reports.test_injection import EVERYTHING, PLACES, report_with

pytestmark = pytest.mark.browser

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")

VIOLATIONS = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


class Watched:
    """A page and everything that it did which it must not do."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.complaints: list[str] = []
        self.url = url
        self.page = context.new_page()
        self.page.add_init_script(VIOLATIONS)
        self.page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", lambda request: self._request(request.url))
        self.page.on("dialog", self._dialog)

    def _request(self, url: str) -> None:
        if url.partition("#")[0] != self.url:
            self.complaints.append(f"request: {url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, fragment: str = "") -> Page:
        self.page.goto(self.url + fragment)
        return self.page


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(WRITERS[".html"](sample.report()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    return Watched(context, url).open()


def titles(page: Page) -> list[str]:
    """The ids of the findings that are to be seen, from top to bottom."""
    return [finding.get_attribute("id") or "" for finding in page.locator(".finding").all() if finding.is_visible()]


def anchors(**wanted: str) -> list[str]:
    """The ids of the sample's findings with these values, in the order of the report."""
    return [
        f"f-{finding.fingerprint}"
        for finding in sample.report().findings
        if all(getattr(finding, name) == value for name, value in wanted.items())
    ]


def open_details(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    page.locator(".copy").first.wait_for()


def test_it_opens_and_is_used_without_a_complaint(context: BrowserContext, url: str) -> None:
    watched = Watched(context, url)
    page = watched.open()
    page.locator("[value=high]").check()
    page.locator("[name=sort]").select_option("Rule")
    page.locator("[name=text]").fill("x")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Clear").click()
    open_details(page)
    assert page.evaluate("window.violations") == []
    assert watched.complaints == []


def test_hostile_text_does_nothing(context: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(WRITERS[".html"](report_with(EVERYTHING, *PLACES)), encoding="utf-8")
    watched = Watched(context, path.as_uri())
    page = watched.open()
    open_details(page)
    page.locator("[name=rule]").select_option(index=1)
    assert page.evaluate("window.violations") == []
    assert watched.complaints == []


def test_the_policy_would_stop_a_script_and_a_request(page: Page) -> None:
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          const image = document.createElement("img");
          image.src = "https://example.com/x.png";
          document.body.append(script, image);
        }"""
    )
    page.wait_for_function("window.violations.length === 2")
    assert sorted(page.evaluate("window.violations")) == ["img-src", "script-src-elem"]
    assert page.evaluate("window.ran") is None


def test_without_javascript_everything_is_there(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = Watched(context, url).open()
    assert sorted(titles(page)) == sorted(anchors())
    assert not page.locator("#filter").is_visible()
    page.locator(".finding summary").first.click()
    assert page.locator(".finding pre").first.is_visible()
    context.close()


def test_findings_are_filtered(page: Page) -> None:
    page.locator("[value=high]").check()
    assert sorted(titles(page)) == sorted(anchors(severity="high"))
    page.locator("[name=status]").select_option("Failed")
    assert titles(page) == anchors(severity="high", status="fail")
    assert page.get_by_role("status").inner_text() == "3 of 10 match."
    page.locator("[name=rule]").select_option("imds-v1-allowed")
    assert titles(page) == anchors(rule_id="imds-v1-allowed")
    page.locator("[name=text]").fill(f"  {sample.instance(11).name.upper()} ")
    assert titles(page) == anchors(rule_id="imds-v1-allowed")[1:]
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("document.getElementById('shown').textContent === 'All 10 are shown.'")
    assert "#" not in page.evaluate("location.href")


def test_a_family_can_be_chosen_and_empty_causes_vanish(page: Page) -> None:
    page.locator("[name=rule]").select_option("All of guardduty")
    assert sorted(titles(page)) == sorted(anchors(rule_id="guardduty-not-enabled"))
    assert [cause.is_visible() for cause in page.locator(".cause").all()] == [True, False]


def test_the_address_restores_the_filter(context: BrowserContext, page: Page, url: str) -> None:
    page.locator("[value=critical]").check()
    page.locator("[value=low]").check()
    page.locator("[name=sort]").select_option("Number of findings")
    page.locator("[name=text]").fill("ARN:aws: ")
    fragment = page.evaluate("location.hash")
    assert fragment == "#severity=critical%2Clow&text=arn%3Aaws%3A&sort=number"
    again = Watched(context, url).open(fragment)
    assert titles(again) == titles(page)
    assert len(titles(again)) == 3
    assert again.locator("[value=low]").is_checked()
    assert again.locator("[name=sort]").input_value() == "number"


def test_an_address_from_elsewhere_does_no_harm(context: BrowserContext, url: str) -> None:
    watched = Watched(context, url)
    page = watched.open("#severity=dire&rule=<b>&sort=constructor&status=x")
    assert sorted(titles(page)) == sorted(anchors())
    assert watched.complaints == []


def test_groups_are_sorted(page: Page) -> None:
    rules = "[...document.querySelectorAll('#findings .group')].map((group) => group.querySelector('code').textContent)"
    by_severity = page.evaluate(rules)
    page.locator("[name=sort]").select_option("Rule")
    assert page.evaluate(rules) == sorted(by_severity) != by_severity
    page.locator("[name=sort]").select_option("Number of findings")
    assert page.evaluate(rules)[:2] == ["imds-v1-allowed", by_severity[0]]
    page.locator("[name=sort]").select_option("Severity")
    assert titles(page)[:7] == anchors(status="fail")


def test_a_long_group_is_folded_until_it_is_searched(context: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "many.html"
    report = sample.large_report(20)
    path.write_text(WRITERS[".html"](report), encoding="utf-8")
    page = Watched(context, path.as_uri()).open()
    assert len(titles(page)) == 4
    page.locator("[name=text]").fill(report.findings[17].resource.name)
    assert titles(page) == [f"f-{report.findings[17].fingerprint}"]
    assert page.locator(".count").inner_text() == "1 of 20 findings"
    again = Watched(context, path.as_uri()).open(f"#f-{report.findings[11].fingerprint}")
    assert f"f-{report.findings[11].fingerprint}" in titles(again)


def test_a_link_to_a_finding_shows_it_even_when_it_is_filtered_out(page: Page, url: str) -> None:
    wanted = anchors(severity="low")[0]
    page.locator("[value=critical]").check()
    assert wanted not in titles(page)
    page.evaluate(f"location.hash = '#{wanted}'")
    page.wait_for_function(f"document.getElementById('{wanted}').querySelector('details').open")
    assert wanted in titles(page)
    assert page.locator(f"#{wanted} .about").is_visible()


def test_commands_are_copied_as_they_are(context: BrowserContext, url: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = Watched(context, url).open()
    escalation = page.locator(".finding").first
    escalation.get_by_text("Commands").click()
    escalation.locator(".copy").first.click()
    page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
    first = sample.report().findings[0]
    assert page.evaluate("navigator.clipboard.readText()") == first.remediation.commands[0]


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser: Browser, url: str, scheme: str, width: int) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    page = Watched(context, url).open()
    open_details(page)
    measured = page.evaluate(CONTRAST)
    context.close()
    assert len(measured) > 200
    assert [one for one in measured if one["ratio"] < 4.5] == []
    darkest = min(one["luminance"] for one in measured)
    assert (darkest < 0.05) == (scheme == "dark")


@pytest.mark.parametrize("report", ["sample", "hostile"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, url: str, tmp_path: Path, report: str) -> None:
    if report == "hostile":
        path = tmp_path / "long.html"
        path.write_text(WRITERS[".html"](report_with("arn:aws:iam::" + "x" * 3_000, *PLACES)), encoding="utf-8")
        url = path.as_uri()
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = Watched(context, url).open()
    open_details(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    too_wide = "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 391).length"
    assert page.evaluate(too_wide) == 0
    context.close()


@pytest.mark.parametrize("scripted", [True, False])
def test_print_shows_what_is_folded(browser: Browser, url: str, scripted: bool) -> None:
    context = browser.new_context(java_script_enabled=scripted)
    page = Watched(context, url).open()
    page.emulate_media(media="print", color_scheme="dark")
    for selector in (".finding pre", ".evidence", ".about", ".ok table"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["height"] > 10
    assert not page.locator("#filter").is_visible()
    assert not page.locator("nav").is_visible()
    context.close()


def test_printing_folds_again_afterwards(page: Page) -> None:
    closed = "document.querySelectorAll('details:not([open])').length"
    before = page.evaluate(closed)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(closed) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(closed) == before


def test_the_keyboard_reaches_the_findings(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#findings') !== null")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
