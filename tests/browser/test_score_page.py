"""The score page in a real browser: it sorts, filters and plays, and right-to-left is in order."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from signkit.report import Report
from signkit.view.score_page import score_page
from tests.browser.chromium import Browser, Page
from tests.factories import make_pose
from tests.view.score_reports import make_clip, make_hypothesis, make_report

HOSTILE = '</script><script>window.hostile=1</script><img src=x onerror="window.hostile=2">'
CLIPS = (
    make_clip("latin", "A B>C D> E >F", signer="ann"),
    make_clip("arabic", "سلام شاي>بيت ماء>", signer="ben"),
    make_clip("mixed", "شاي A B>ماء", signer="ben"),
    make_clip("hostile", [(HOSTILE, "A"), ("A", HOSTILE)], signer=HOSTILE),
    *(make_clip(f"right-{i:03d}", "A E", signer="ann") for i in range(250)),
)
REPORT = make_report(CLIPS, data_hash="0f" * 8, vocabulary_hash="0f" * 32)
SEEN_BY_THE_EYE = 'new Promise(done => setTimeout(done, 60)).then(() => "")'


def write_page(folder: Path, report: Report = REPORT) -> Path:
    hypotheses = {clip.clip_id: make_hypothesis(clip) for clip in report.clips}
    if found := hypotheses.get("mixed"):  # between two frames
        times = tuple((start + 0.01, end) for start, end in found.times_s)
        hypotheses["mixed"] = replace(found, times_s=times)
    poses = {c.clip_id: make_pose(c.clip_id, n_frames=50) for c in report.clips}
    path = folder / "score.html"
    page = score_page(report, poses=poses, hypotheses=hypotheses, title=HOSTILE)
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("score"))


@pytest.fixture
def page(browser: Browser, path: Path):
    """The page, which must not have complained about anything when the test is over."""
    with browser.open(path) as opened:
        yield opened
        assert opened.errors == []


def card(clip_id: str, inside: str = "") -> str:
    return f'.clip[data-clip="{clip_id}"] {inside}'.strip()


def into_view(page: Page, clip_id: str) -> None:
    """Scroll to a card and wait for its player."""
    line = json.dumps(card(clip_id, ".timeline"))
    page.evaluate(f"document.querySelector({line}).scrollIntoView({{ block: 'center' }})")
    page.wait_for(f"document.querySelector({line}).getAttribute('role') === 'slider'")


def texts(page: Page, selector: str) -> list[str]:
    script = f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)"
    found: list[str] = page.evaluate(script)
    return found


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    script = (
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        ".map(e => e.getBoundingClientRect().toJSON())"
    )
    found: list[dict[str, float]] = page.evaluate(script)
    return found


def test_the_page_opens_without_a_word_and_asks_for_nothing(page, path):
    into_view(page, "latin")
    page.evaluate(SEEN_BY_THE_EYE)
    assert page.requests == [path.as_uri()]
    assert page.evaluate("window.hostile") is None
    assert HOSTILE in texts(page, "h1")
    assert HOSTILE in texts(page, card("hostile", ".pairs span"))


def test_glosses_are_sorted_by_value_and_filtered_by_number_and_text(page):
    names, table = "[data-rows=glosses] tbody th", "[data-rows=glosses] thead th:nth-child"
    counts = "[data-rows=glosses] tbody td:nth-child(2)"
    page.click(f"{table}(2) button")
    rising = [int(n) for n in texts(page, counts)]
    assert rising == sorted(rising)
    page.click(f"{table}(2) button")
    assert [int(n) for n in texts(page, counts)] == rising[::-1]
    assert page.evaluate(f"document.querySelector('{table}(2)').ariaSort") == "descending"
    page.enter(f"{table}(1) input", "شا")
    assert texts(page, names) == ["شاي"]
    assert texts(page, ".more [role=status]")[0].startswith("1 of 1 rows that match")
    page.enter(f"{table}(1) input", "")
    page.enter(f"{table}(2) input", "> 100")
    assert sorted(texts(page, names)) == ["A", "E"]


def test_undefined_numbers_come_last_either_way(page):
    recall = "[data-rows=glosses] thead th:nth-child(4) button"
    for _ in range(2):
        page.click(recall)
        assert texts(page, "[data-rows=glosses] tbody td:nth-child(4)")[-1] == "–"


def test_all_clips_are_in_the_table_a_hundred_at_a_time(page):
    rows = "[data-rows=clips] tbody tr"
    more = ".scroll:has([data-rows=clips]) + .more button"
    assert len(texts(page, rows)) == 100
    page.click(more)
    page.click(more)
    assert len(texts(page, rows)) == len(CLIPS)
    assert page.evaluate(f"document.querySelector('{more}').hidden")


def test_clips_have_the_counts_of_the_report(page):
    page.click("[data-rows=clips] thead th:nth-child(2) button")
    page.click("[data-rows=clips] thead th:nth-child(2) button")
    worst = texts(page, "[data-rows=clips] tbody tr:first-child > *")
    assert worst == ["latin", "3", "75.0", "A B D E ", "A C E F ", "4", "ann"]
    marked = texts(page, "[data-rows=clips] tbody tr:first-child [data-kind]")
    assert marked == ["B", "D", "C", "F"]


def test_slices_and_confusions_sort_and_filter(page):
    page.click("summary")
    page.enter('[aria-label="Slices"] thead input', "ben")
    assert texts(page, '[aria-label="Slices"] tbody tr:not([hidden]) th') == ["signer ben"]
    page.enter('[aria-label="Confusions"] thead th:nth-child(2) input', "بيت")
    assert texts(page, '[aria-label="Confusions"] tbody tr:not([hidden]) th') == ["شاي"]


@pytest.mark.parametrize(
    ("clip_id", "from_the_right"), [("arabic", True), ("mixed", True), ("latin", False)]
)
def test_glosses_stand_in_the_order_of_their_script(page, clip_id, from_the_right):
    lefts = [box["left"] for box in boxes(page, card(clip_id, ".pairs li"))]
    tops = {round(box["top"]) for box in boxes(page, card(clip_id, ".pairs li"))}
    assert len(tops) == 1, "one line, or order says nothing"
    assert lefts == sorted(lefts, reverse=from_the_right)
    assert len(lefts) > 2


def test_a_gloss_stands_above_what_was_recognized_for_it(page):
    first, second = boxes(page, card("arabic", ".pairs li:nth-child(2) span"))
    assert first["bottom"] <= second["top"] + 1
    assert abs(first["left"] - second["left"]) < 1


def test_rows_of_mixed_script_are_in_order_too(page):
    """Latin glosses next to each other would stand left to right if they were not isolated."""
    page.enter("[data-rows=clips] thead th:nth-child(1) input", "mixed")
    words = boxes(page, "[data-rows=clips] tbody td:nth-child(4) .word")
    assert [box["left"] for box in words] == sorted((b["left"] for b in words), reverse=True)
    assert len(words) == 3


def test_time_runs_from_left_to_right_in_every_script(page):
    lefts = [box["left"] for box in boxes(page, card("arabic", ".timeline span"))]
    assert lefts == sorted(lefts)
    assert len(lefts) == 2


def picture(page: Page, clip_id: str) -> str:
    selector = json.dumps(card(clip_id, "canvas"))
    found: str = page.evaluate(f"document.querySelector({selector}).toDataURL()")
    return found


def now(page: Page, clip_id: str) -> float:
    return float(texts(page, card(clip_id, ".now"))[0].removesuffix(" s"))


def test_the_player_plays_to_the_end_and_pauses(page):
    into_view(page, "latin")
    before = picture(page, "latin")
    play = card("latin", "[data-do=play]")
    page.click(play)
    page.wait_for(f"parseFloat(document.querySelector('{card('latin', '.now')}').textContent) > .1")
    assert texts(page, play) == ["Pause"]
    page.click(play)
    assert texts(page, play) == ["Play"]
    paused = now(page, "latin")
    page.evaluate(SEEN_BY_THE_EYE)
    assert now(page, "latin") == paused > 0
    assert picture(page, "latin") != before
    page.evaluate(f"document.querySelector('{card('latin', '[data-do=play]')}').focus()")
    page.press(">")
    page.click(play)
    page.wait_for(f"document.querySelector('{play}').textContent === 'Play'")
    assert now(page, "latin") == pytest.approx(49 / 25)


def test_the_player_obeys_keys(page):
    into_view(page, "latin")
    page.evaluate(f"document.querySelector('{card('latin', '.timeline')}').focus()")
    moments = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home"):
        page.press(key)
        moments.append(now(page, "latin"))
    assert moments == [0.04, 0.08, 0.04, 1.96, 0.0]
    speed = f"document.querySelector('{card('latin', '[data-do=speed]')}').value"
    page.press("<")
    assert page.evaluate(speed) == "0.5"
    page.press(" ")
    page.wait_for(
        f"document.querySelector('{card('latin', '[data-do=play]')}').textContent==='Pause'"
    )
    page.press(" ")
    assert texts(page, card("latin", "[data-do=play]")) == ["Play"]


def test_everything_that_acts_can_be_reached_by_tab(page):
    into_view(page, "latin")
    page.evaluate(f"document.querySelector('{card('latin', 'canvas')}').focus()")
    reached = []
    for _ in range(5):
        page.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.dataset.do ?? document.activeElement.className")
        )
    assert reached == ["timeline", "play", "back", "on", "speed"]


def test_alignment_and_timeline_show_the_same_moment(page):
    into_view(page, "arabic")
    page.click(card("arabic", ".pairs li:nth-child(2)"))  # recognized second, at 0.2 s
    assert now(page, "arabic") == 0.2
    assert texts(page, card("arabic", ".timeline .on")) == ["بيت"]
    assert texts(page, card("arabic", ".pairs .on span")) == ["شاي", "بيت"]
    head = boxes(page, card("arabic", ".timeline i"))[0]
    line = boxes(page, card("arabic", ".timeline"))[0]
    middle = (head["left"] + head["right"]) / 2
    assert (middle - line["left"]) / line["width"] == pytest.approx(0.1, abs=0.01)
    page.click(card("arabic", ".timeline"))
    assert now(page, "arabic") == pytest.approx(1.0, abs=0.05)


def test_a_gloss_that_begins_between_two_frames_is_shown_by_a_click_on_it(page):
    into_view(page, "mixed")
    page.click(card("mixed", ".pairs li:nth-child(2)"))  # at 0.21 s; frames are 0.04 s apart
    assert now(page, "mixed") == 0.24
    assert texts(page, card("mixed", ".pairs .on span")) == ["A", "A"]


def test_on_paper_every_pose_and_table_is_there(browser, path):
    with browser.open(path) as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        n_screens = len(texts(page, ".clip canvas"))
        assert len(texts(page, '.timeline[role="slider"]')) == n_screens > 10
        assert texts(page, "details[open] summary") == texts(page, "details summary")
        assert page.errors == []


def contrast(page: Page, selector: str) -> float:
    """WCAG's contrast of an element's text with what is painted behind it."""
    script = """(element => {
      const light = color => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(v => v / 255)
          .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
      };
      let behind = element;
      while (/(, 0\\)|transparent)$/.test(getComputedStyle(behind).backgroundColor))
        behind = behind.parentElement;
      const [x, y] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
        .map(light).sort((a, b) => b - a);
      return (x + .05) / (y + .05);
    })"""
    return float(page.evaluate(f"{script}(document.querySelector({json.dumps(selector)}))"))


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_in_light_and_in_dark(browser, path, dark):
    with browser.open(path, dark=dark) as page:
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        is_dark = sum(int(part) for part in paper[4:-1].split(",")) < 200
        assert is_dark == dark
        for selector in (
            "h1",
            ".soft",
            ".headline span",
            *(card("latin", f".pairs [data-kind={kind}] span") for kind in "SDI"),
            card("latin", ".timeline [data-kind=S]"),
            card("latin", "[data-kind='']"),
            ".forest .rate",
            ".word[data-kind=D]",
        ):
            assert contrast(page, selector) >= 4.5, selector
        assert page.errors == []


def test_the_player_changes_its_colours_with_the_reader(browser, path):
    with browser.open(path) as page:
        into_view(page, "latin")
        before = picture(page, "latin")
        page.look(dark=True)
        selector = json.dumps(card("latin", "canvas"))
        page.wait_for(f"document.querySelector({selector}).toDataURL() !== {json.dumps(before)}")


def test_a_phone_needs_no_sideways_scrolling(browser, path):
    with browser.open(path, width=390, height=844, mobile=True) as page:
        into_view(page, "latin")
        assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]
        assert all(box["height"] >= 40 for box in boxes(page, card("latin", ".controls .button")))
        assert page.errors == []


@pytest.mark.parametrize("poses", [{}, {"constructor": make_pose("constructor", n_frames=0)}])
def test_a_clip_that_nothing_is_seen_of_has_no_player(browser, tmp_path, poses):
    """Whatever its name is: every object of JavaScript has a `constructor`."""
    clip, path = make_clip("constructor", "A>B"), tmp_path / "bare.html"
    path.write_text(score_page(make_report([clip]), poses=poses), encoding="utf-8")
    with browser.open(path) as page:
        page.evaluate(SEEN_BY_THE_EYE)
        assert page.errors == []
        assert boxes(page, ".clip .screen")[0]["width"] == 0


def test_a_report_without_poses_or_errors_opens_too(browser, tmp_path):
    with browser.open(write_page(tmp_path, make_report([make_clip("a", "A")]))) as page:
        assert page.errors == []
    path = tmp_path / "bare.html"
    path.write_text(score_page(make_report([])), encoding="utf-8")
    with browser.open(path) as page:
        assert page.errors == []
