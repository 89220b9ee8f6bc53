"""The browser of the tests: it sees what is on a page, and what goes wrong in it."""

from pathlib import Path

import pytest

from tests.browser.chromium import Browser, Page


@pytest.fixture
def show(browser: Browser, tmp_path: Path):
    """Opens a page with this body."""
    pages = []

    def shown(body: str, **look) -> Page:
        (tmp_path / "page.html").write_text(f"<!doctype html><title>it</title>{body}", "utf-8")
        pages.append(browser.open(tmp_path / "page.html", **look))
        return pages[-1]

    yield shown
    for page in pages:
        page.close()


def test_a_page_is_loaded_when_it_is_open(show):
    page = show("<p>peace · سلام</p>")
    assert page.evaluate("[document.readyState, document.body.innerText]") == [
        "complete",
        "peace · سلام",
    ]
    assert [address.rpartition("/")[2] for address in page.requests] == ["page.html"]
    assert page.errors == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<script>null.x</script>", "Cannot read properties of null"),
        ("<script>console.error('bad', 1)</script>", "bad 1"),
        ("<script>Promise.reject(new Error('late'))</script>", "late"),
        ("<script src=nothing.js></script>", "ERR_FILE_NOT_FOUND"),
        ("<script>alert('hello')</script>", "dialog: hello"),
    ],
)
def test_what_goes_wrong_is_noticed(show, body, error):
    page = show(body)
    page.evaluate("new Promise(done => setTimeout(done, 50)).then(() => 0)")
    assert len(page.errors) == 1
    assert error in page.errors[0]


def test_clicks_keys_and_texts_arrive(show):
    page = show(
        "<div style='height:3000px'></div><button onclick='n++'>b</button><input id=i>"
        "<script>var n = 0; onkeydown = event => { last = event.key }; var last</script>"
    )
    page.click("button")
    page.enter("#i", "one")
    page.enter("#i", "two")
    page.press("ArrowLeft")
    assert page.evaluate("[n, i.value, last]") == [1, "two", "ArrowLeft"]
    page.enter("#i", "")
    assert page.evaluate("i.value") == ""


def test_dark_and_narrow_are_seen_by_the_page(show, tmp_path):
    page = show("<p style='height:2000px'>", width=400, height=600, dark=True)
    script = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"
    assert page.evaluate(script) == [400, True]
    page.look(width=500)
    assert page.evaluate(script) == [500, False]
    page.screenshot(tmp_path / "it.png", whole=True)
    width, height = (
        int.from_bytes((tmp_path / "it.png").read_bytes()[at : at + 4], "big") for at in (16, 20)
    )
    assert width == 500
    assert height >= 2000


def test_a_script_that_fails_raises(show):
    page = show("")
    with pytest.raises(RuntimeError, match="nothing is not defined"):
        page.evaluate("nothing")


def test_a_page_that_is_not_there_raises(browser, tmp_path):
    with pytest.raises(FileNotFoundError, match="ERR_FILE_NOT_FOUND"):
        browser.open(tmp_path / "nothing.html")
