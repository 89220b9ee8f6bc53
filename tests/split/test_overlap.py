import numpy as np
import pytest

from signkit.clip import Clip, ClipTable
from signkit.split.labels import Labels, codes_of
from signkit.split.overlap import footage_overlap, group_overlaps, sentence_overlaps

PAIR = ("train", "test")


def frame(clips):
    return ClipTable.from_clips(clips).frame()


def test_signers_are_counted_by_clips_of_the_later_split() -> None:
    clips = [
        Clip("a", signer="ann", split="train"),
        Clip("b", signer="ben", split="train"),
        Clip("c", signer="ann", split="test"),
        Clip("d", signer="ann", split="test"),
        Clip("e", signer="cem", split="test"),
        Clip("f", split="test"),
        Clip("g", signer="ben"),
    ]
    found = group_overlaps(frame(clips))["train/test"]["signers"]
    assert (found.n_shared, found.n_clips, found.n_known, found.n_known_before) == (1, 2, 3, 2)
    assert found.share == pytest.approx(2 / 3)
    assert found.examples == ("ann",)


def test_what_nobody_knows_has_no_share() -> None:
    found = group_overlaps(frame([Clip("a", split="train"), Clip("b", split="test")]))
    assert found["train/test"]["signers"].share is None


def test_sessions_of_two_signers_are_two_sessions() -> None:
    clips = [
        Clip("a", signer="ann", session="monday", split="train"),
        Clip("b", signer="ben", session="monday", split="test"),
        Clip("c", signer="ann", session="monday", split="test"),
    ]
    found = group_overlaps(frame(clips))["train/test"]["sessions"]
    assert (found.n_clips, found.examples) == (1, ("ann/monday",))


@pytest.mark.parametrize(
    ("train", "test", "is_shared"),
    [
        ((None, None), (None, None), True),
        ((0, 4), (4, 8), False),  # windows end before their last moment
        ((0, 4), (3.99, 8), False),  # half a frame is nobody's
        ((0, 4), (3.9, 8), True),
        ((4, 8), (0, 4), False),
        ((0, 100), (50, 51), True),
        ((50, 51), (0, 100), True),
        ((50, 51), (None, None), True),
        ((4, None), (0, 4), False),
        ((4, None), (0, 4.5), True),
        ((0, 0.01), (0, 0.01), True),
    ],
)
def test_moments_of_a_video(train, test, is_shared) -> None:
    clips = [
        Clip("a", video="v.mp4", start_s=train[0], end_s=train[1], split="train"),
        Clip("b", video="v.mp4", start_s=test[0], end_s=test[1], split="test"),
        Clip("c", video="w.mp4", split="test"),
        Clip("d", split="test"),
    ]
    table = frame(clips)
    found = footage_overlap(table, table["video"].to_numpy(dtype=object), PAIR)
    assert found.examples == (("b",) if is_shared else ())
    assert (found.n_clips, found.n_known) == (int(is_shared), 2)


def test_moments_agree_with_looking_at_every_pair() -> None:
    rng = np.random.default_rng(0)
    clips = []
    for i in range(300):
        start = float(rng.integers(0, 60))
        split = str(rng.choice(["train", "test"]))
        end = start + float(rng.integers(1, 6))
        clips.append(
            Clip(f"c{i}", video=f"v{rng.integers(20)}", start_s=start, end_s=end, split=split)
        )
    expected = sum(
        any(a.video == b.video and a.start_s < b.end_s and b.start_s < a.end_s for a in clips
            if a.split == "train")
        for b in clips if b.split == "test"
    )  # fmt: skip
    table = frame(clips)
    found = footage_overlap(table, table["video"].to_numpy(dtype=object), PAIR)
    assert 0 < found.n_clips == expected < found.n_known


def test_nothing_is_new_where_sentence_and_signer_are_seen_or_unknown() -> None:
    clips = [
        Clip("train-1", glosses=("A", "B"), signer="ann", split="train"),
        Clip("train-2", glosses=("C",), signer="ben", split="train"),
        Clip("seen", glosses=("A", "B"), signer="ben", split="test"),
        Clip("nobody", glosses=("A", "B"), split="test"),
        Clip("new-signer", glosses=("A", "B"), signer="cem", split="test"),
        Clip("new-sentence", glosses=("B", "A"), signer="ann", split="test"),
        Clip("withheld", signer="ann", split="test"),
    ]
    table = frame(clips)
    labels = Labels.of(table["glosses"].tolist())
    signers = table["signer"].to_numpy(dtype=object)
    codes = np.where(signers == "", -1, codes_of(signers)[0])
    found = sentence_overlaps(labels, codes, table["split"].to_numpy(dtype=object), PAIR)
    assert (found["nothing_new"].n_clips, found["nothing_new"].n_known) == (2, 4)
    assert found["same_glosses"].n_clips == 4
    assert found["one_gloss_apart"].n_clips == 3
