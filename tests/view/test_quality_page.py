"""The page about a dataset: whole, self-contained, and deaf to what clips are called."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.failures import Failure, write_failures
from signkit.measures import measure_pose
from signkit.quality import Quality, write_quality
from signkit.shard import write_shard
from signkit.skeleton import Skeleton, skeleton_from_names
from signkit.skeletons import MEDIAPIPE_75, SKELETONS
from signkit.view import inspect_dataset
from signkit.view.quality_page import N_PREVIEWS, N_ROWS
from tests.factories import make_dataset, make_pose

VOID = {"meta", "input", "br", "link", "img", "hr"}
HOSTILE = '"><script>alert(1)</script><b hostile=\'"'


class Page(HTMLParser):
    """What a browser would see of a page: elements, texts, and whether it is well formed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(self.source)
        assert self._open == [], "elements left open"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(dataset: Path) -> Page:
    inspect_dataset(dataset, html=dataset.parent / "page.html")
    return Page(dataset.parent / "page.html")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A good clip, one whose video broke off, one that mostly shows no hand, and a failed one."""
    folder = tmp_path / "data"
    clips = [Clip("a", signer="ann", glosses=("TEA",)), Clip("b"), Clip("c"), Clip("lost")]
    make_dataset(folder, clips, without_poses=[clip.clip_id for clip in clips])
    poses = [make_pose(name, n_frames=40, seed=seed) for seed, name in enumerate("abc")]
    coords = poses[2].coords.copy()
    coords[8:, MEDIAPIPE_75.indices(n for n in MEDIAPIPE_75.landmarks if "_hand_" in n)] = np.nan
    poses[2] = replace(poses[2], coords=coords)
    write_shard(folder / "poses" / "shard-00000.parquet", poses)
    recorded = [Quality(pose.clip_id, measure_pose(pose), 40, n_expected=40) for pose in poses]
    recorded[1] = replace(recorded[1], n_expected=100)
    write_quality(folder, "shard-00000.parquet", recorded)
    write_failures(folder / "failures.csv", [Failure("lost", "l.mp4", "open", "no frames", 2)])
    return folder


def test_the_page_is_self_contained_and_accessible(dataset):
    page = page_of(dataset)
    assert not re.search(
        r"https?:|//[a-z]|@import|url\(|<link|<img|<iframe|src=|href=", page.source
    )
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert max(np.diff(levels)) <= 1
    labelled = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert labelled
    assert all(svg["aria-label"] for svg in labelled)
    assert all("scope" in head for head in page.all("th"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert "prefers-color-scheme: dark" in page.source
    assert "prefers-reduced-motion" in page.source


def test_the_worst_clip_stands_first_with_its_reasons(dataset):
    page = page_of(dataset)
    cards = re.findall(r'<h3 class="id">(.*?)</h3>.*?<ul>(.*?)</ul>', page.source, re.DOTALL)
    assert [(name, re.findall("<li.*?>(.*?)</li>", reasons)) for name, reasons in cards] == [
        ("b", ["the video breaks off: 40 of 100 frames"]),
        ("c", ["a hand in only 20\N{NO-BREAK SPACE}% of the frames", "no hand for 1.3 s"]),
        ("a", ["nothing found wrong"]),
    ]


def test_failed_clips_are_listed_with_their_reason(dataset):
    page = page_of(dataset)
    where = page.texts.index("lost")
    assert page.texts[where : where + 4] == ["lost", "open", "no frames", "2"]


def test_without_scripts_nothing_speaks_of_what_is_not_there(dataset):
    page = page_of(dataset)
    for_scripts = [a for _, a in page.elements if "js" in (a.get("class") or "").split()]
    assert len(for_scripts) == 2
    assert all("hidden" in attributes for attributes in for_scripts)
    assert not page.all("input")


def test_texts_of_the_dataset_stay_texts(tmp_path):
    folder = tmp_path / "data"
    clip_id = HOSTILE.replace(" ", "").replace("/", "")  # as far as clip ids may go
    clip = Clip(clip_id, signer=HOSTILE, glosses=tuple(HOSTILE.split()))
    parts = {"left_hand": ("left_hand",), HOSTILE: (HOSTILE,)}
    skeleton = Skeleton(HOSTILE, ("left_hand", HOSTILE), parts, n_dims=2)
    info = DatasetInfo(HOSTILE, skeleton, {"name": HOSTILE}, licence=HOSTILE, created_by=HOSTILE)
    PoseDataset.create(folder, info, ClipTable.from_clips([clip]))
    write_shard(folder / "poses" / "shard-00000.parquet", [make_pose(clip_id, skeleton=skeleton)])
    write_failures(folder / "failures.csv", [Failure(HOSTILE, HOSTILE, HOSTILE, HOSTILE)])
    page = page_of(folder)
    assert len(page.all("script")) == 1
    assert all("hostile" not in attributes for _, attributes in page.elements)
    assert page.texts.count(HOSTILE) >= 5
    assert clip_id in page.texts


def test_the_same_dataset_gives_the_same_page(dataset):
    first = page_of(dataset).source
    assert page_of(dataset).source == first


def test_large_datasets_make_no_large_page(tmp_path):
    clips = [Clip(f"clip-{i:04d}") for i in range(N_ROWS + 5)]
    folder = tmp_path / "data"
    small = skeleton_from_names("small", ("left_hand_wrist", "nose"), n_dims=2)
    make_dataset(folder, clips, skeleton=small, n_frames=3, clips_per_shard=999)
    page = page_of(folder)
    assert page.source.count('<li class="clip"') == N_PREVIEWS
    assert len(re.findall("<tr><th scope=.row.", page.source)) <= N_ROWS + 11
    assert f"The worst {N_ROWS} of {len(clips)} are here" in page.source


def test_a_preview_is_a_few_kilobytes(tmp_path):
    folder = tmp_path / "data"
    clips = [Clip(name) for name in "abcd"]
    make_dataset(folder, clips, skeleton=SKELETONS["mediapipe-543"], n_frames=60)
    assert len(page_of(folder).source) < 20_000 + 25_000 * len(clips)


@pytest.mark.parametrize("name", ["mediapipe-543", "coco-wholebody-133", "isharah-86"])
@pytest.mark.parametrize("clip_ids", [[], ["a"]])
def test_every_kind_of_dataset_has_a_page(tmp_path, name, clip_ids):
    folder = tmp_path / "data"
    make_dataset(folder, [Clip(c) for c in clip_ids], skeleton=SKELETONS[name], n_frames=2)
    assert "<h1>factory</h1>" in page_of(folder).source
