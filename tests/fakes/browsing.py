"""People at the page: a browser context each, with a language, a theme and a width; every fault is noted.

A console error, a violation of the Content Security Policy, an uncaught exception, a request that failed or
an answer of 500 and above is a fault, but for what a test says it expects.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from status_scenes import LABELS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 30_000
"""How long the page may take for anything, in ms: the machine is shared, and nothing is measured here."""
LANGUAGES = ("en", "fr")
THEMES = ("light", "dark")
TIME_ZONE = "Europe/Paris"
RUN_AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations", "incomplete"]});
  return found.violations.map(one => `${one.id}: ${one.help}: ` +
    one.nodes.map(node => `${node.target.join(" ")} ${node.failureSummary}`).slice(0, 5).join(" | "));
}"""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
OVERFLOWING = """() => {
  const { scrollWidth, clientWidth } = document.scrollingElement;
  const beyond = (one) => one.getBoundingClientRect().right > clientWidth + 1;
  return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll("main *")].filter(beyond)
    .map(one => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`).slice(0, 8);
}"""


class Words:
    """What the page says, by the keys of its texts: `words("review.approve")`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = tomllib.loads((ROOT / "shared" / "texts" / f"page.{language}.toml").read_text())

    def __call__(self, key: str, **values: Any) -> str:
        text: Any = self._texts
        for part in key.split("."):
            text = text[part]
        return str(text).format_map(values) if values else str(text)


class Person:
    """Somebody at the page, as `page` shows it to them."""

    def __init__(self, browser: Browser, app: str, language: str, theme: str, width: int) -> None:
        self.app, self.language, self.words = app, language, Words(language)
        self.faults: list[str] = []
        self.requests: list[str] = []
        self._expected: list[str] = []
        self.context = browser.new_context(
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme=theme,  # type: ignore[arg-type]
            timezone_id=TIME_ZONE,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            base_url=app,
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Page) -> None:
        page.on("console", lambda said: said.type == "error" and self._fault(f"console: {said.text}"))
        page.on("pageerror", lambda error: self._fault(f"uncaught: {error}"))
        page.on("requestfailed", lambda asked: self._fault(f"{asked.failure}: {asked.url}"))
        page.on("request", lambda asked: self.requests.append(asked.url))

    def _fault(self, text: str) -> None:
        if "net::ERR_ABORTED" not in text:  # the page left, or gave up on purpose
            self.faults.append(text)

    def expects(self, pattern: str) -> None:
        """Whatever matches is no fault: a refusal that the test is about."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        """The faults, but for what was expected."""
        return [one for one in self.faults if not any(re.search(what, one) for what in self._expected)]

    def open(self, path: str = "/") -> Page:
        """Opens the address and waits for its heading."""
        self.page.goto(path)
        self.page.get_by_role("heading", level=1).first.wait_for()
        return self.page

    @contextmanager
    def offline(self) -> Iterator[None]:
        """The network is gone for a while."""
        self.expects(r"ERR_INTERNET_DISCONNECTED")
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)

    def row(self, tenant: Any) -> Locator:
        """The tenant's row of the table, which is opened at it; the page is not loaded again after that."""
        self.open(f"/?search={tenant.id}")
        return self.page.get_by_role("row").filter(has=self.link(tenant.id))

    def link(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("link", name=name, exact=True)

    def shows(self, place: Locator, status: str) -> Locator:
        """Waits until the place shows the status in the reader's words, and gives what shows it."""
        label = LABELS[status][LANGUAGES.index(self.language)]
        shown = place.locator(".status-cell").get_by_text(label, exact=True).first
        shown.wait_for()
        return shown

    def stays(self) -> None:
        """From here on, the page must not be loaded again: `stayed` tells."""
        self.page.evaluate("() => { window.stays = true; }")

    def stayed(self) -> bool:
        return bool(self.page.evaluate("() => window.stays === true"))

    def copied(self) -> str:
        """What lies in the clipboard."""
        return str(self.page.evaluate("() => navigator.clipboard.readText()"))

    def takes(self, button: Locator) -> bytes:
        """What a button downloads."""
        with self.page.expect_download() as begun:
            button.click()
        return Path(begun.value.path()).read_bytes()

    def button(self, key: str, within: Locator | None = None, **values: Any) -> Locator:
        """The button of that text, in the reader's language."""
        place = within or self.page
        return place.get_by_role("button", name=self.words(key, **values), exact=True)

    def dialog(self) -> Locator:
        """The window that is open."""
        return self.page.get_by_role("dialog")

    def axe(self) -> None:
        """Asserts that axe finds nothing in either theme. The page keeps its theme."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            found = self.page.evaluate(RUN_AXE)
            assert found == [], f"{self.page.url} in {theme}: " + "\n".join(found)
        self.page.emulate_media(color_scheme=None)

    def fits(self) -> None:
        """Asserts that nothing has to be scrolled sideways."""
        over = self.page.evaluate(OVERFLOWING)
        assert over == [], f"{self.page.url} is wider than its window: {over}"

    def sees(self) -> str:
        """The page as text, and its faults so far."""
        return "\n".join([self.page.locator("body").inner_text()[:3000], *self.unexpected()])

    def close(self) -> None:
        self.context.close()
