"""One browser for all tests of pages."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import NAMES, Browser, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; tests that ask for it are skipped where there is none."""
    if find_chromium() is None:
        pytest.skip(f"no browser: install chromium (looked for {', '.join(NAMES)})")
    with Browser() as found:
        yield found
