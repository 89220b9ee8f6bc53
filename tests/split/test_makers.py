from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.split import split_dataset
from tests.factories import make_clips, make_dataset
from tests.split.tables import annotations

SIGNERS = tuple(f"signer-{i}" for i in range(10))


def splits(folder: Path) -> dict[str, set[str]]:
    table = PoseDataset.open(folder).clips
    return {s: {c.clip_id for c in table.where(split=s)} for s in ("train", "dev", "test")}


def signers(folder: Path) -> dict[str, set[str]]:
    table = PoseDataset.open(folder).clips
    return {s: {c.signer for c in table.where(split=s)} for s in ("train", "dev", "test")}


def labels(folder: Path, **factory: Any) -> Path:
    """A dataset folder without poses."""
    clips = make_clips(**factory)
    make_dataset(folder, clips, without_poses=[clip.clip_id for clip in clips])
    return folder


def test_a_split_by_signer_shares_no_signer(tmp_path: Path) -> None:
    labels(tmp_path, signers=SIGNERS)
    for seed in range(10):
        summary = split_dataset(tmp_path, by="signer", dev=0.2, test=0.3, seed=seed)
        assert summary.n_clips == {"train": 40, "dev": 16, "test": 24}
        found = signers(tmp_path)
        assert not found["train"] & found["dev"]
        assert not found["train"] & found["test"]
        assert not found["dev"] & found["test"]


def test_a_split_by_sentence_shares_no_sentence(tmp_path: Path) -> None:
    labels(tmp_path, sentences=[f"A{i} B{i % 3}" for i in range(10)])
    summary = split_dataset(tmp_path, by="sentence", test=0.2)
    table = PoseDataset.open(tmp_path).clips
    sentences = [{clip.glosses for clip in table.where(split=s)} for s in ("train", "test")]
    assert not sentences[0] & sentences[1]
    assert summary.n_clips == {"train": 48, "dev": 0, "test": 12}
    assert len(summary.lost_glosses) >= 2  # A3 and the like occur in one sentence only


def test_a_random_split_keeps_every_gloss_in_train(tmp_path: Path) -> None:
    labels(tmp_path, n_takes=5)
    summary = split_dataset(tmp_path, by="random", dev=0.1, test=0.2)
    assert summary.n_clips == {"train": 42, "dev": 6, "test": 12}
    assert summary.lost_glosses == ()


def test_held_out_signers_are_the_test_split(tmp_path: Path) -> None:
    labels(tmp_path)
    summary = split_dataset(tmp_path, holdout_signers=["cem"])
    assert signers(tmp_path) == {"train": {"ann", "ben"}, "dev": set(), "test": {"cem"}}
    assert summary.signers["test"] == ("cem",)


def test_held_out_signers_and_a_dev_split_by_sentence(tmp_path: Path) -> None:
    labels(tmp_path)
    split_dataset(tmp_path, by="sentence", holdout_signers=["cem"], dev=0.2)
    assert signers(tmp_path)["test"] == {"cem"}
    assert signers(tmp_path)["dev"] == {"ann", "ben"}


def test_what_is_not_asked_for_stays(tmp_path: Path) -> None:
    clips = [replace(c, split="test" if c.signer == "cem" else "") for c in make_clips()]
    make_dataset(tmp_path, clips, without_poses=[c.clip_id for c in clips])
    split_dataset(tmp_path, by="random", dev=0.1)
    assert signers(tmp_path)["test"] == {"cem"}
    assert len(splits(tmp_path)["dev"]) == 2


def test_asking_again_gives_the_same_split(tmp_path: Path) -> None:
    labels(tmp_path, signers=SIGNERS)
    split_dataset(tmp_path, by="signer", dev=0.2, test=0.2, seed=5)
    before = splits(tmp_path)
    split_dataset(tmp_path, by="signer", dev=0.2, test=0.2, seed=5)
    assert splits(tmp_path) == before
    split_dataset(tmp_path, by="signer", dev=0.2, test=0.2, seed=6)
    assert splits(tmp_path) != before


def test_the_order_of_the_table_does_not_matter(tmp_path: Path) -> None:
    clips = make_clips(signers=SIGNERS, split="")
    found = []
    for name, order in (("one", clips), ("two", clips[::-1])):
        make_dataset(tmp_path / name, order, without_poses=[c.clip_id for c in clips])
        split_dataset(tmp_path / name, by="signer", test=0.3)
        found.append(splits(tmp_path / name))
    assert found[0] == found[1]


def test_the_other_columns_stay(tmp_path: Path) -> None:
    clips = [replace(clip, text="tea, please", extra={"x_room": "3"}) for clip in make_clips()]
    make_dataset(tmp_path, clips, without_poses=[c.clip_id for c in clips])
    split_dataset(tmp_path, by="signer", test=0.3)
    table = PoseDataset.open(tmp_path).clips
    assert [replace(clip, split="train") for clip in table] == clips


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "nothing to split off; give --dev, --test or --holdout-signers"),
        (
            {"by": "two-way", "holdout_signers": ["ann"]},
            "--by two-way chooses signers itself; leave --holdout-signers out, or split --by "
            "sentence",
        ),
        (
            {"by": "session", "test": 0.3},
            "16 of 16 clips have no session; fill in the session column of clips.csv or split "
            "--by signer",
        ),
        (
            {"test": 0.3, "name": "../other"},
            "a split cannot be called '../other'; use letters, digits and dashes",
        ),
        ({"by": "singer", "dev": 0.1}, "there is no split by 'singer'; did you mean 'signer'?"),
        (
            {"dev": 0.5, "test": 0.5},
            "shares test 0.5 and dev 0.5 leave nothing to train on; shares are between 0 and 1 and "
            "add up to less than 1",
        ),
        (
            {"dev": -0.5},
            "shares dev -0.5 leave nothing to train on; shares are between 0 and 1 and add up to "
            "less than 1",
        ),
        (
            {"test": float("nan")},
            "shares test nan leave nothing to train on; shares are between 0 and 1 and add up to "
            "less than 1",
        ),
        (
            {"test": 0.3, "name": "x" * 300},
            "a split cannot be called 'xxxxxxxxxxxxxxxxxxxx'...; its name may have 200 bytes",
        ),
        (
            {"test": 0.2, "holdout_signers": ["ann"]},
            "--test and --holdout-signers both choose the test split; give only one",
        ),
        ({"holdout_signers": ["anne"]}, "no clip has the signer 'anne'; did you mean 'ann'?"),
        ({"holdout_signers": ["zoe"]}, "no clip has the signer 'zoe'; known: ann, ben"),
        (
            {"dev": 0.3, "test": 0.3},
            "a split by signer needs at least 3 signers to choose from, found 2; ask for fewer "
            "splits or use another --by",
        ),
        (
            {"holdout_signers": ["ann", "ben"]},
            "nothing would be left to train on: all 16 clips are in other splits; hold out fewer "
            "signers",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_changes(
    tmp_path: Path, request_: dict[str, Any], message: str
) -> None:
    labels(tmp_path, signers=["ann", "ben"])
    before = (tmp_path / "clips.csv").read_bytes()
    with pytest.raises(DatasetError) as caught:
        split_dataset(tmp_path, **request_)
    assert str(caught.value) == message
    assert (tmp_path / "clips.csv").read_bytes() == before


def test_clips_without_a_signer_cannot_be_split_by_signer(tmp_path: Path) -> None:
    labels(tmp_path, signers=["ann", "ben", ""])
    with pytest.raises(DatasetError) as caught:
        split_dataset(tmp_path, by="signer", test=0.3)
    assert str(caught.value) == (
        "8 of 24 clips have no signer; fill in the signer column of clips.csv or split --by "
        "sentence"
    )


def test_single_takes_cannot_be_split_at_random(tmp_path: Path) -> None:
    labels(tmp_path, signers=["ann"], n_takes=1)
    with pytest.raises(DatasetError) as caught:
        split_dataset(tmp_path, by="random", dev=0.3)
    assert str(caught.value) == (
        "none of 4 clips can leave train without taking a gloss along; record more takes or split "
        "--by sentence"
    )


def test_a_split_by_video_takes_some_of_every_language(tmp_path: Path) -> None:
    clips = [
        Clip(f"{language}-{video}-{i}", video=f"{language}{video}.mp4", language=language)
        for language, n_videos in (("ase", 20), ("gsg", 4), ("ins", 1))
        for video in range(n_videos)
        for i in range(3)
    ]
    folder = annotations(tmp_path, clips)
    split_dataset(folder, by="video", test=0.1, dev=0.1)
    table = PoseDataset.open(folder).clips
    videos = {s: {clip.video for clip in table.where(split=s)} for s in ("train", "dev", "test")}
    for split in ("dev", "test"):
        assert {video[:3] for video in videos[split]} == {"ase", "gsg"}
        assert not videos[split] & videos["train"]
        assert len(videos[split]) == 3


def test_a_two_way_split_holds_signers_and_sentences_apart(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips(signers=SIGNERS, sentences=list("ABCDEFGH")))
    summary = split_dataset(folder, by="two-way", test=0.3, dev=0.2)
    assert summary.shared == {"train/dev": {}, "train/test": {}, "dev/test": {}}
    assert summary.n_unassigned == 160 - sum(summary.n_clips.values())
    assert min(summary.n_clips.values()) > 0
    table = PoseDataset.open(folder).clips
    cells = dict(zip(table.ids, table.column("x_cell"), strict=True))
    whole = {f"{split} signer, {split} sentence": split for split in ("train", "dev", "test")}
    assert {clip.clip_id: whole.get(cells[clip.clip_id], "") for clip in table} == {
        clip.clip_id: clip.split for clip in table
    }
    assert len(set(cells.values())) == 9


def test_what_a_split_tears_apart_is_counted(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips(n_takes=5))
    summary = split_dataset(folder, by="random", test=0.2)
    assert summary.shared["train/test"] == {"signers": 3, "sentences": 4}


def test_glosses_too_rare_for_every_split_are_reported(tmp_path: Path) -> None:
    clips = [*make_clips(), Clip("once", glosses=("ONCE",), signer="ann", split="train")]
    folder = annotations(tmp_path, clips)
    assert split_dataset(folder, by="signer", test=0.3).rare_glosses == ("ONCE",)
    assert split_dataset(folder, by="random", test=0.3, dev=0.1).rare_glosses == ("ONCE",)


def test_folds_of_an_earlier_split_go(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips())
    split_dataset(folder, by="kfold", folds=2)
    split_dataset(folder, by="signer", test=0.3)
    assert "x_fold" not in (folder / "clips.csv").read_text().splitlines()[0]
