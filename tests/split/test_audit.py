import json
from dataclasses import replace
from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.measures import measure_pose
from signkit.quality import Provenance, Quality, write_quality
from signkit.shard import shard_paths, write_shard
from signkit.split import audit_dataset, split_dataset
from tests.factories import make_clips, make_dataset, make_pose
from tests.split.tables import annotations

SIGNERS = tuple(f"signer-{i}" for i in range(10))


def leaks_of(folder: Path, *claims: str) -> list[tuple[str, str]]:
    found = audit_dataset(folder, claims=claims, poses=False).leaks
    return [(leak.what, leak.splits) for leak in found]


def test_honest_splits_pass_and_random_ones_do_not(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips(signers=SIGNERS, n_takes=4))
    split_dataset(folder, by="signer", dev=0.2, test=0.2)
    assert leaks_of(folder) == []
    split_dataset(folder, by="sentence", dev=0.25, test=0.25)
    assert leaks_of(folder) == []
    split_dataset(folder, by="random", dev=0.2, test=0.2)
    assert leaks_of(folder) == [("nothing_new", "train/dev"), ("nothing_new", "train/test")]


@pytest.mark.parametrize(
    ("by", "claim", "leaks"),
    [
        ("signer", "signer-independent", []),
        ("signer", "unseen-sentences", ["train/dev", "train/test", "dev/test"]),
        ("sentence", "unseen-sentences", []),
        ("sentence", "signer-independent", ["train/dev", "train/test", "dev/test"]),
    ],
)
def test_a_claim_is_held_against_the_splits(
    tmp_path: Path, by: str, claim: str, leaks: list[str]
) -> None:
    folder = annotations(tmp_path, make_clips(signers=SIGNERS))
    split_dataset(folder, by=by, dev=0.25, test=0.25)
    assert [pair for _, pair in leaks_of(folder, claim)] == leaks


def test_a_claim_of_which_nothing_is_known_does_not_hold(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips(signers=SIGNERS))
    split_dataset(folder, by="signer", test=0.2)
    (leak,) = audit_dataset(folder, claims=["source-disjoint"]).leaks
    assert (leak.what, leak.splits, leak.claim) == ("videos", "", "source-disjoint")
    assert leak.message == "nothing shows it: there are no two splits whose videos are known"


def test_an_unknown_claim_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        audit_dataset(annotations(tmp_path, make_clips()), claims=["signer-indepedent"])
    assert str(caught.value) == (
        "no claim is called 'signer-indepedent'; did you mean 'signer-independent'?"
    )


def test_segments_of_one_video_leak(tmp_path: Path) -> None:
    def clip(name: str, split: str, start_s: float) -> Clip:
        return Clip(name, video="v.mp4", start_s=start_s, end_s=start_s + 2, glosses=(name,),
                    signer=name, split=split)  # fmt: skip

    apart = annotations(tmp_path / "one", [clip("a", "train", 0), clip("b", "test", 2)])
    assert leaks_of(apart) == [("videos", "train/test")]
    assert leaks_of(apart, "signer-independent") == []
    over = annotations(tmp_path / "two", [clip("a", "train", 0), clip("b", "test", 1)])
    assert leaks_of(over, "signer-independent") == [("footage", "train/test")]
    (leak,) = audit_dataset(over, claims=["unseen-sentences"]).leaks
    assert leak.message == (
        "100.0 % of test clips show moments of a video that train shows too (1 of 1 clips, such "
        "as b)"
    )


def test_a_video_under_two_names_is_one_source(tmp_path: Path) -> None:
    clips = [
        Clip("a", video="a.mp4", glosses=("A",), signer="ann", split="train"),
        Clip("b", video="again.mp4", glosses=("B",), signer="ben", split="test"),
    ]
    dataset = make_dataset(tmp_path, clips)
    same = Provenance(source_sha256="cafe")
    rows = [
        Quality(c.clip_id, measure_pose(dataset.pose(c.clip_id)), n_decoded=12, provenance=same)
        for c in clips
    ]
    write_quality(tmp_path, shard_paths(dataset.poses_folder)[0].name, rows)
    assert leaks_of(tmp_path) == [("footage", "train/test"), ("videos", "train/test")]


def test_copied_poses_between_splits_leak_whatever_is_claimed(tmp_path: Path) -> None:
    clips = [
        Clip(f"{split}-{i}", glosses=(f"{split}{i}",), signer=split, split=split)
        for split in ("train", "dev", "test")
        for i in range(3)
    ]
    dataset = make_dataset(tmp_path, clips, without_poses=[clip.clip_id for clip in clips])
    seeds = {"test-2": 0, "dev-1": 100}  # test-2 and train-0 show the same, dev-1 and dev-0 do
    poses = [
        make_pose(clip.clip_id, seed=seeds.get(clip.clip_id, 0 if i == 0 else i), n_frames=40)
        for i, clip in enumerate(clips)
    ]
    poses[4] = replace(poses[3], clip_id="dev-1")
    write_shard(dataset.poses_folder / "shard-00000.parquet", poses)
    audit = audit_dataset(tmp_path, claims=["signer-independent"])
    assert [(leak.what, leak.splits) for leak in audit.leaks] == [("copies", "train/test")]
    assert audit.leaks[0].message == (
        "33.3 % of test clips are copies of clips of train (1 of 3 clips, such as train-0 = test-2)"
    )
    assert audit.copies is not None
    assert (audit.copies.n_compared, audit.copies.n_clips, audit.copies.n_groups) == (9, 4, 2)
    assert audit_dataset(tmp_path, poses=False).copies is None


def test_what_each_split_lacks_is_counted(tmp_path: Path) -> None:
    clips = [
        Clip("a", glosses=("A", "A", "B"), signer="ann", split="train"),
        Clip("b", glosses=("A",), split="train"),
        Clip("c", glosses=("A", "C"), signer="ben", split="test"),
        Clip("d", signer="ben", split="test"),
        Clip("e", glosses=("D",), signer="ben"),
    ]
    dataset = make_dataset(tmp_path, clips, without_poses=["b", "c", "e"])
    write_shard(dataset.poses_folder / "shard-00009.parquet", [make_pose("nobody")])
    audit = audit_dataset(tmp_path)
    assert list(audit.splits) == ["train", "test", "none"]
    train, test = audit.splits["train"], audit.splits["test"]
    assert (train.n_clips, train.n_labelled, train.n_with_poses) == (2, 2, 1)
    assert (train.n_labels_without_poses, train.n_poses_without_labels) == (1, 0)
    assert (test.n_labels_without_poses, test.n_poses_without_labels) == (1, 1)
    assert (train.n_with_repeats, train.n_without_signer) == (1, 1)
    assert train.lengths == (1, 2.0, 3)
    assert audit.poses_without_clip == (1, ("nobody",))
    assert test.unknown is not None
    assert (test.unknown.n_glosses, test.unknown.n_signed, test.unknown.share) == (1, 1, 0.5)
    assert test.unknown.examples == ("C",)
    assert train.unknown is None
    assert test.balance is not None
    assert train.balance is not None
    assert (train.balance.commonest, train.balance.most, train.balance.n_once) == ("A", 3, 1)
    assert test.balance.distance == pytest.approx(0.5)
    assert list(audit.overlaps) == ["train/test"]
    json.dumps(audit.to_json())


@pytest.mark.parametrize(
    ("glosses", "n_frames", "subsampling", "is_short"),
    [
        ("A B C", 3, 1, False),
        ("A B C D", 3, 1, True),
        ("A A", 2, 1, True),  # one more step between equal glosses
        ("A A", 3, 1, False),
        ("A B C", 5, 2, False),  # three steps, the last of one frame
        ("A B C", 4, 2, True),
    ],
)
def test_clips_too_short_for_ctc(
    tmp_path: Path, glosses: str, n_frames: int, subsampling: int, is_short: bool
) -> None:
    clips = [Clip("a", glosses=tuple(glosses.split()), split="train")]
    make_dataset(tmp_path, clips, n_frames=n_frames)
    found = audit_dataset(tmp_path, subsampling=subsampling).splits["train"].too_short
    assert found is not None
    assert (found.n_checked, found.examples) == (1, ("a",) if is_short else ())


def test_frames_are_counted_at_the_rate_of_training(tmp_path: Path) -> None:
    """At 25 frames a second, the twelve frames of a clip at 50 are six."""
    clips = [Clip(c, glosses=tuple("ABCDEFG"), split="train") for c in "abc"]
    dataset = make_dataset(tmp_path, clips, without_poses=["c"])
    write_shard(dataset.poses_folder / "shard-00009.parquet", [make_pose("c", fps=50)])
    audit = audit_dataset(tmp_path, subsampling=1)
    assert audit.fps == 25
    found = audit.splits["train"].too_short
    assert found is not None
    assert found.examples == ("c",)


def test_the_default_subsampling_is_the_continuous_recipes(tmp_path: Path) -> None:
    assert audit_dataset(annotations(tmp_path, make_clips())).subsampling == 2


def test_the_published_split_is_named_while_the_table_is_it(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips())
    assert audit_dataset(folder).published == ""
    made = split_dataset(folder, by="signer", test=0.3)
    audit = audit_dataset(folder)
    assert (audit.published, audit.sha256) == (made.name, made.sha256)
    made = split_dataset(folder, by="kfold", folds=3)
    assert audit_dataset(folder).published == "kfold3-seed0"
    split_dataset(folder, by="random", test=0.3, name="other")
    text = (folder / "clips.csv").read_text()
    (folder / "clips.csv").write_text(text.replace(",test\n", ",dev\n", 1))
    assert audit_dataset(folder).published == ""


def test_a_dataset_without_splits_has_nothing_to_compare(tmp_path: Path) -> None:
    audit = audit_dataset(annotations(tmp_path, make_clips(split="")))
    assert (list(audit.splits), audit.overlaps, audit.leaks) == (["none"], {}, ())


def test_an_empty_dataset_is_audited(tmp_path: Path) -> None:
    audit = audit_dataset(annotations(tmp_path, []))
    assert (audit.n_clips, audit.splits) == (0, {})


def signeval(real_data: Path, track: str, folder: Path) -> Path:
    """The annotations of a track of SignEval (Isharah-2000), test glosses withheld."""
    clips = []
    for split in ("train", "dev", "test"):
        path = real_data / "annotations" / "signeval" / track / f"{split}.csv"
        for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]:
            clip_id, _, glosses = line.partition("|")
            signer = clip_id.partition("_")[0]
            clips.append(Clip(clip_id, glosses=tuple(glosses.split()), signer=signer, split=split))
    return annotations(folder, clips)


@pytest.mark.real_data
def test_signeval_signer_independent_shares_its_sentences(real_data: Path, tmp_path: Path) -> None:
    folder = signeval(real_data, "SI", tmp_path)
    audit = audit_dataset(folder)
    found = audit.overlaps["train/dev"]
    assert found["signers"].share == 0
    assert found["sentences"].share == pytest.approx(0.827, abs=0.0005)
    assert found["same_glosses"].n_clips == 1628
    assert found["one_gloss_apart"].n_clips == 1822
    (leak,) = audit.leaks
    assert (leak.what, leak.splits) == ("whole_sentences", "train/dev")
    assert audit_dataset(folder, claims=["signer-independent"]).leaks == ()
    unknown = audit.splits["dev"].unknown
    assert unknown is not None
    assert (unknown.n_glosses, round(unknown.share, 4)) == (14, 0.0017)
    assert (audit.splits["train"].n_with_repeats, audit.splits["dev"].n_with_repeats) == (267, 34)
    (leak,) = audit_dataset(folder, claims=["signer-independent", "unseen-sentences"]).leaks
    assert leak.claim == "unseen-sentences"
    assert leak.message.startswith("82.7 % of dev sentences occur in train (1613 of 1950 clips")


@pytest.mark.real_data
def test_signeval_unseen_sentences_are_unseen(real_data: Path, tmp_path: Path) -> None:
    folder = signeval(real_data, "US", tmp_path)
    audit = audit_dataset(folder, claims=["unseen-sentences"])
    assert audit.leaks == ()
    found = audit.overlaps["train/dev"]
    assert (found["sentences"].share, found["signers"].share) == (0, 1)
    unknown = audit.splits["dev"].unknown
    assert unknown is not None
    assert (unknown.n_glosses, round(unknown.share, 4)) == (8, 0.0339)
    assert audit.splits["dev"].n_with_repeats == 11
    assert audit_dataset(folder).leaks == ()


def test_the_order_of_the_table_does_not_matter(tmp_path: Path) -> None:
    clips = [replace(c, split="test" if c.signer == "cem" else "train") for c in make_clips()]
    one = audit_dataset(annotations(tmp_path / "one", clips))
    two = audit_dataset(annotations(tmp_path / "two", clips[::-1]))
    found = one.overlaps["train/test"]["sentences"]
    assert found.share == two.overlaps["train/test"]["sentences"].share == 1
    assert (
        PoseDataset.open(tmp_path / "one").clips.ids != PoseDataset.open(tmp_path / "two").clips.ids
    )
