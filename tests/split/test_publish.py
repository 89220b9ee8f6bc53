import json
from hashlib import sha256
from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.split import apply_split, audit_dataset, split_dataset
from tests.factories import make_clips
from tests.split.tables import annotations, splits_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return annotations(tmp_path / "data", make_clips())


def test_a_split_is_written_with_its_hash_and_counts(folder: Path) -> None:
    summary = split_dataset(folder, holdout_signers=["cem"])
    assert summary.path == folder / "splits" / "holdout-cem.csv"
    lines = summary.path.read_text().splitlines()
    assert lines[:2] == ["clip_id,split", "ann-EAT-0,train"]
    assert lines[1:] == sorted(lines[1:])
    assert len(lines) == 1 + 24
    assert summary.sha256 == sha256(summary.path.read_bytes()).hexdigest()
    record = json.loads(summary.path.with_suffix(".json").read_text())
    assert record["schema"] == "signkit.split/1"
    assert (record["method"], record["seed"], record["sha256"]) == ("signer", 0, summary.sha256)
    assert record["holdout_signers"] == ["cem"]
    assert record["parts"]["test"] == {"clips": 8, "signers": 1, "sentences": 4, "glosses": 4}
    assert record["clips_of_signer"] == {
        "ann": {"train": 8},
        "ben": {"train": 8},
        "cem": {"test": 8},
    }
    assert record["signed_of_gloss"]["TEA"] == {"train": 4, "test": 2}


def test_the_hash_does_not_depend_on_the_order_of_the_table(tmp_path: Path) -> None:
    clips = make_clips()
    one = split_dataset(annotations(tmp_path / "one", clips), by="random", test=0.3)
    two = split_dataset(annotations(tmp_path / "two", clips[::-1]), by="random", test=0.3)
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"by": "signer", "test": 0.3}, "signer-test30-seed0"),
        ({"by": "sentence", "dev": 0.25, "test": 0.25}, "sentence-test25-dev25-seed0"),
        (
            {"holdout_signers": ["cem"], "dev": 0.2, "by": "random"},
            "holdout-cem-random-dev20-seed0",
        ),
        ({"by": "kfold", "folds": 3, "group": "signer", "seed": 7}, "kfold3-signer-seed7"),
        ({"test": 0.3, "name": "ours"}, "ours"),
    ],
)
def test_a_published_split_is_applied_again(
    folder: Path, tmp_path: Path, request_: dict[str, object], name: str
) -> None:
    made = split_dataset(folder, **request_)  # type: ignore[arg-type]
    assert made.name == name
    other = annotations(tmp_path / "other", make_clips(split="")[::-1])
    applied = apply_split(other, made.path)
    assert splits_of(other) == splits_of(folder)
    assert (applied.sha256, applied.method, applied.seed) == (made.sha256, made.method, made.seed)
    assert applied.rare_glosses == made.rare_glosses
    assert (other / "splits" / f"{name}.csv").read_bytes() == made.path.read_bytes()


def test_two_way_cells_come_back(tmp_path: Path) -> None:
    clips = make_clips(signers=[f"s{i}" for i in range(8)], sentences=list("ABCDEF"))
    folder = annotations(tmp_path / "data", clips)
    made = split_dataset(folder, by="two-way", test=0.3)
    before = (folder / "clips.csv").read_bytes()
    split_dataset(folder, by="random", test=0.3)
    apply_split(folder, made.path)
    assert (folder / "clips.csv").read_bytes() == before


def test_another_fold_is_chosen_from_the_same_file(folder: Path) -> None:
    made = split_dataset(folder, by="kfold", folds=3)
    applied = apply_split(folder, made.path, fold=2)
    assert (applied.fold, applied.sha256) == (2, made.sha256)
    table = PoseDataset.open(folder).clips
    assert all((clip.extra["x_fold"] == "2") == (clip.split == "test") for clip in table)


def test_clips_that_no_fold_names_are_in_no_split(folder: Path, tmp_path: Path) -> None:
    made = split_dataset(folder, by="kfold", folds=3)
    other = annotations(tmp_path / "other", [*make_clips(), Clip("more", split="train")])
    applied = apply_split(other, made.path, is_partial=True)
    assert splits_of(other)["more"] == ""
    assert applied.n_unassigned == 1


def test_a_file_without_a_hash_beside_it_is_taken(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "theirs.csv"
    rows = [f"{clip_id},{'test' if clip_id.startswith('ben') else 'train'}" for clip_id in
            splits_of(folder)]  # fmt: skip
    file.write_text("\n".join(["clip_id,split", *rows]) + "\n")
    applied = apply_split(folder, file)
    assert applied.signers["test"] == ("ben",)
    assert (applied.method, applied.seed) == ("published", None)


def test_rows_in_another_order_and_other_line_ends_have_the_same_hash(folder: Path) -> None:
    made = split_dataset(folder, by="signer", test=0.3)
    head, *rows = made.path.read_text().splitlines()
    made.path.write_bytes("\r\n".join([head, *rows[::-1]]).encode())
    assert apply_split(folder, made.path).sha256 == made.sha256


def test_a_changed_file_is_refused(folder: Path) -> None:
    made = split_dataset(folder, holdout_signers=["cem"], name="ours")
    before = (folder / "clips.csv").read_bytes()
    text = made.path.read_text()
    made.path.write_text(text.replace("ann-EAT-0,train", "ann-EAT-0,test"))
    changed = sha256(made.path.read_bytes()).hexdigest()
    with pytest.raises(DatasetError) as caught:
        apply_split(folder, made.path)
    assert str(caught.value) == (
        f"{made.path} has the hash {changed[:16]}..., but ours.json says {made.sha256[:16]}...; "
        "one of the two was changed; get both again"
    )
    assert (folder / "clips.csv").read_bytes() == before


def test_other_clips_are_refused_unless_they_may_be(folder: Path, tmp_path: Path) -> None:
    made = split_dataset(folder, holdout_signers=["cem"])
    clips = [clip for clip in make_clips(split="dev") if clip.clip_id != "ann-EAT-0"]
    other = annotations(tmp_path / "other", [*clips, Clip("more", split="dev")])
    with pytest.raises(DatasetError) as caught:
        apply_split(other, made.path)
    assert str(caught.value) == (
        f"{made.path} names 1 clips that the dataset lacks, such as 'ann-EAT-0' and not 1 clips "
        "that it has, such as 'more'; give --partial to split those that both have"
    )
    applied = apply_split(other, made.path, is_partial=True)
    assert (applied.missing, applied.unlisted) == (("ann-EAT-0",), ("more",))
    assert (applied.n_clips, applied.n_unassigned) == ({"train": 15, "dev": 0, "test": 8}, 1)
    assert (applied.name, applied.sha256 != made.sha256) == ("holdout-cem-part", True)
    assert splits_of(other)["more"] == ""


def test_a_split_of_another_dataset_is_refused(folder: Path, tmp_path: Path) -> None:
    made = split_dataset(folder, holdout_signers=["cem"])
    other = annotations(tmp_path / "other", [Clip("x"), Clip("y")])
    with pytest.raises(DatasetError) as caught:
        apply_split(other, made.path, is_partial=True)
    assert str(caught.value) == (
        f"{made.path} names none of the clips of {other} (it has 'ann-EAT-0' ..., the dataset 'x' "
        "...); it is a split of another dataset"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip_id,part\na,1\n", "has the columns clip_id, part; a split file has clip_id,split or "
         "clip_id,fold"),
        ("clip_id,split\na,train\na,test\n", "line 3 repeats clip_id 'a'"),
        ("clip_id,split\na,val\n", "line 2 has split 'val'; use train, dev, test or nothing"),
        ("clip_id,fold\na,one\n", "line 2 has fold 'one'; use 1, 2, ... or nothing"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_split_is_refused(
    folder: Path, tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_text(text)
    with pytest.raises(DatasetError) as caught:
        apply_split(folder, file)
    assert str(caught.value) == f"{file} {message}"


def test_what_stands_beside_a_split_must_describe_it(folder: Path, tmp_path: Path) -> None:
    made = split_dataset(folder, by="signer", test=0.3, name="ours")
    beside = made.path.with_suffix(".json")
    beside.write_text('{"schema": "signkit.split/9"}')
    with pytest.raises(DatasetError) as caught:
        apply_split(folder, made.path)
    assert str(caught.value) == (
        f"{beside} has schema 'signkit.split/9'; this version of signkit reads 'signkit.split/1'"
    )
    with pytest.raises(DatasetError) as caught:
        apply_split(folder, tmp_path / "none.csv")
    assert str(caught.value) == (
        f"no split file at {tmp_path / 'none.csv'}; give one that 'signkit split' wrote"
    )


def test_a_fold_of_a_split_without_folds_is_refused(folder: Path) -> None:
    made = split_dataset(folder, by="signer", test=0.3)
    with pytest.raises(DatasetError) as caught:
        apply_split(folder, made.path, fold=1)
    assert str(caught.value) == f"{made.path} has no folds; leave --fold out"


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        ("", "{file} puts no clip into a fold"),
        ("9" * 20, "{file} line 2 has fold '99999999999999999999'; use 1, 2, ... or nothing"),
        ("10000000", "{file} line 2 has fold '10000000'; use 1, 2, ... or nothing"),
    ],
)
def test_folds_that_cannot_be_are_refused(
    folder: Path, tmp_path: Path, fold: str, message: str
) -> None:
    file = tmp_path / "folds.csv"
    file.write_text("\n".join(["clip_id,fold", *(f"{i},{fold}" for i in splits_of(folder))]))
    with pytest.raises(DatasetError) as caught:
        apply_split(folder, file)
    assert str(caught.value) == message.format(file=file)


def test_a_record_that_names_an_unknown_group_is_taken_for_one_of_single_clips(
    folder: Path,
) -> None:
    made = split_dataset(folder, by="kfold", folds=3)
    beside = made.path.with_suffix(".json")
    record = json.loads(beside.read_text())
    beside.write_text(json.dumps(record | {"group": 7, "method": ["kfold"]}))
    assert apply_split(folder, made.path).rare_glosses == made.rare_glosses


def test_a_published_split_is_not_replaced_in_silence(folder: Path) -> None:
    first = split_dataset(folder, holdout_signers=["cem"], name="ours")
    again = split_dataset(folder, holdout_signers=["cem"], name="ours")
    other = split_dataset(folder, holdout_signers=["ben"], name="ours")
    assert (first.replaced, again.replaced, other.replaced) == ("", "", first.sha256)


def test_folds_are_the_published_split_only_while_one_of_them_is_test(folder: Path) -> None:
    made = split_dataset(folder, by="kfold", folds=3, group="signer")
    assert audit_dataset(folder).sha256 == made.sha256
    text = (folder / "clips.csv").read_text()
    (folder / "clips.csv").write_text(text.replace(",train,", ",dev,", 1))
    assert audit_dataset(folder).sha256 == ""
