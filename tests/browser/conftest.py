"""People at the page of the running stack, in Debian's Chromium. Any fault that the browser notes fails the
test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from browsing import ARGUMENTS, Person
from driver import driver

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from infra.local.stack import Stack

__all__ = ["driver"]


PEOPLE: list[Person] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its people saw last."""
    report = yield
    if report.failed and report.when == "call":
        report.sections += [(f"what {one.language} saw of {one.page.url}", one.sees()) for one in PEOPLE]
    return report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests. Not for longer: while it runs, no test can have an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser, stack: Stack) -> Iterator[Callable[..., Person]]:
    """Makes people: `person("fr", theme="dark", width=360)`."""

    def make(language: str = "en", theme: str = "light", width: int = 1280) -> Person:
        PEOPLE.append(Person(chromium, stack.api, language, theme, width))
        return PEOPLE[-1]

    yield make
    faults = [fault for one in PEOPLE for fault in one.unexpected()]
    for one in PEOPLE:
        one.close()
    PEOPLE.clear()
    assert faults == []
