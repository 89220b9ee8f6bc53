from pathlib import Path

import pandas as pd
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from tests.convert.eaf_files import Slots, aligned, referring, tier, write_eaf
from tests.factories import make_dataset

TIMES: Slots = {"s1": 0, "s2": 400, "s3": 1000, "s4": 1500, "s5": 2000, "s6": 3000}
SIGNS = (
    aligned("a1", "s1", "s2", "I"),
    aligned("a2", "s2", "s3", "DRINK"),
    aligned("a3", "s4", "s5", "TEA"),
)
SENTENCES = (aligned("a4", "s1", "s3", "I drink."), aligned("a5", "s4", "s5", "Tea!"))


def imported(
    tmp_path: Path, source: Path, **options: str
) -> tuple[list[Clip], ImportSummary, list[str]]:
    """Clips, the summary, and the first bad row of each kind."""
    summary = import_dataset("elan", source, tmp_path / "out", ImportOptions(**options))
    clips = list(PoseDataset.open(tmp_path / "out").clips)
    return clips, summary, [str(row) for row in summary.first_bad]


def test_a_sentence_is_a_clip_with_the_glosses_in_it(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "talk.eaf",
        TIMES,
        tier("SIGN", *SIGNS, participant="ann"),
        tier("SENTENCE", *SENTENCES, participant="ann"),
        licence="CC BY 4.0",
    )
    clips, summary, bad = imported(tmp_path, path)
    shared = {"video": "my film.mp4", "signer": "ann"}
    assert clips == [
        Clip("talk-a4", start_s=0, end_s=1, glosses=("I", "DRINK"), text="I drink.", **shared),
        Clip("talk-a5", start_s=1.5, end_s=2, glosses=("TEA",), text="Tea!", **shared),
    ]
    assert (bad, summary.is_whole) == ([], True)
    info = PoseDataset.open(tmp_path / "out").info
    assert (info.name, info.licence, info.skeleton) == ("talk", "CC BY 4.0", None)


def test_without_sentences_every_gloss_is_a_clip(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "talk.eaf", TIMES, tier("Gloss", *SIGNS, aligned("a9", "s5", "s6", "thank you"))
    )
    clips, _, bad = imported(tmp_path, path)
    assert [(clip.clip_id, clip.start_s, clip.end_s, clip.glosses) for clip in clips] == [
        ("talk-a1", 0, 0.4, ("I",)),
        ("talk-a2", 0.4, 1, ("DRINK",)),
        ("talk-a3", 1.5, 2, ("TEA",)),
        ("talk-a9", 2, 3, ("thank-you",)),
    ]
    assert clips[3].extra == {"x_label": "thank you"}
    assert bad == [
        "talk.eaf line 18: has 1 glosses of several words in tier 'Gloss', the first 'thank you'; "
        "joined by hyphens; repaired"
    ]


def test_the_middle_of_a_gloss_decides_and_one_outside_is_noted(tmp_path: Path) -> None:
    times = {"g1": 0, "g2": 900, "b1": 500, "b2": 1000, "c1": 1000, "c2": 2000, "g3": 2200}
    path = write_eaf(
        tmp_path / "a.eaf",
        times,
        tier("SIGN", aligned("g", "g1", "g2", "EARLY"), aligned("h", "c2", "g3", "LATE")),
        tier("TRANSLATION", aligned("b", "b1", "b2", "b"), aligned("c", "c1", "g3", "c")),
    )
    clips, summary, bad = imported(tmp_path, path)
    assert [(clip.text, clip.glosses) for clip in clips] == [("b", ()), ("c", ("LATE",))]
    assert bad == [
        "a.eaf line 16: has 'EARLY' at 0 s outside of every clip; left out",
        "a.eaf line 20: has no gloss; kept",
    ]
    assert summary.n_left_out == 1


def test_the_offset_of_the_video_counts(tmp_path: Path) -> None:
    media = '<MEDIA_DESCRIPTOR MEDIA_URL="a.mpg" MIME_TYPE="video/mpeg" TIME_ORIGIN="{}"/>'
    for name, origin in (("later", "2500"), ("sooner", "-300")):
        write_eaf(
            tmp_path / "in" / f"{name}.eaf", TIMES, tier("SIGN", *SIGNS), media=media.format(origin)
        )
    clips, _, bad = imported(tmp_path, tmp_path / "in")
    assert [(clip.clip_id, clip.start_s, clip.end_s) for clip in clips] == [
        ("later-a1", 2.5, 2.9),
        ("later-a2", 2.9, 3.5),
        ("later-a3", 4, 4.5),
        ("sooner-a2", 0.1, 0.7),
        ("sooner-a3", 1.2, 1.7),
    ]
    assert bad == ["sooner.eaf line 15: is from -0.3 s to 0.1 s; left out"]


def test_every_signer_has_tiers_of_his_or_her_own(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "a.eaf",
        TIMES,
        tier("SIGN ann", SIGNS[0], SIGNS[1], participant="ann"),
        tier("ben_SIGN", SIGNS[2], participant="ben"),
        tier("GLOSS@cem", aligned("c1", "s5", "s6", "MILK")),
        tier("SENTENCE ann", SENTENCES[0], participant="ann"),
    )
    clips, _, bad = imported(tmp_path, path)
    assert [(clip.signer, clip.glosses, clip.text) for clip in clips] == [
        ("ann", ("I", "DRINK"), "I drink."),
        ("ben", ("TEA",), ""),
        ("", ("MILK",), ""),  # a name that is not PARTICIPANT is not taken for a signer
    ]
    assert bad == []


def test_glosses_may_refer_to_the_sentence(tmp_path: Path) -> None:
    rows = (referring("g1", "a4", "I"), referring("g2", "a4", "DRINK", "g1"))
    path = write_eaf(
        tmp_path / "a.eaf", TIMES, tier("SENTENCE", *SENTENCES), tier("ID-gloss", *rows)
    )
    clips, _, bad = imported(tmp_path, path)
    assert [clip.glosses for clip in clips] == [("I", "DRINK"), ()]
    assert bad[0].startswith("a.eaf line 19: has 2 annotations of tier 'ID-gloss' without times")


@pytest.mark.parametrize("name", ["RH", "rh", "RH@ann"])
def test_another_tier_can_be_named(tmp_path: Path, name: str) -> None:
    path = write_eaf(
        tmp_path / "a.eaf", TIMES, tier("RH@ann", *SIGNS), tier("LH@ann"), tier("SIGN")
    )
    clips, _, _ = imported(tmp_path, path, tier=name)
    assert [clip.glosses for clip in clips] == [("I",), ("DRINK",), ("TEA",)]


@pytest.mark.parametrize(("option", "what"), [({}, "gloss tier"), ({"tier": "X"}, "tier 'X'")])
def test_without_the_tier_the_tiers_are_listed(
    tmp_path: Path, option: dict[str, str], what: str
) -> None:
    path = write_eaf(tmp_path / "a.eaf", TIMES, tier("RH", *SIGNS), tier("LH"))
    with pytest.raises(FormatError) as error:
        imported(tmp_path, path, **option)
    assert str(error.value) == (
        f"{path} has no {what} (its tiers: 'RH', 'LH'); give --tier the name of the one that holds "
        "the glosses"
    )


def test_of_several_gloss_tiers_or_videos_the_first_is_taken_and_noted(tmp_path: Path) -> None:
    media = "".join(
        f'<MEDIA_DESCRIPTOR MEDIA_URL="{name}" MIME_TYPE="{kind}"/>'
        for name, kind in (("a.wav", "audio/x-wav"), ("b.mp4", "video/mp4"), ("c.mp4", ""))
    )
    path = write_eaf(
        tmp_path / "a.eaf", TIMES, tier("GLOSS", SIGNS[0]), tier("SIGN", SIGNS[2]), media=media
    )
    clips, _, bad = imported(tmp_path, path)
    assert [(clip.video, clip.glosses) for clip in clips] == [("b.mp4", ("TEA",))]
    assert bad == ["a.eaf: is about 2 videos (b.mp4, c.mp4); the first is taken; kept"]
    assert pd.read_csv(tmp_path / "out" / "bad_rows.csv")["found"].tolist()[1] == (
        "has the gloss tiers 'SIGN' and 'GLOSS'; 'SIGN' is taken, --tier names one"
    )


def test_one_bad_file_does_not_stop_a_folder(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_eaf(source / "sub" / "a talk.eaf", TIMES, tier("SIGN", *SIGNS))
    write_eaf(source / "laughs.eaf", TIMES, before="<!DOCTYPE x>")
    write_eaf(source / "none.eaf", TIMES, tier("RH", *SIGNS))
    write_eaf(source / "._a.eaf", TIMES)
    clips, summary, _ = imported(tmp_path, source)
    assert [clip.clip_id for clip in clips] == ["sub-a_talk-a1", "sub-a_talk-a2", "sub-a_talk-a3"]
    assert summary.bad_rows == {"unreadable": 2}
    table = pd.read_csv(tmp_path / "out" / "bad_rows.csv")
    assert table["file"].tolist() == ["laughs.eaf", "none.eaf"]
    assert table["found"].tolist() == [
        "declares a document type or an entity, which may do harm; take the declaration out of the "
        "file, or save it again with the program it is from",
        "has no gloss tier (its tiers: 'RH'); give --tier the name of the one that holds the "
        "glosses",
    ]


def test_labels_are_checked_like_all_others(tmp_path: Path) -> None:
    rows = (
        aligned("a1", "s1", "s2", "\u200fשלום"),
        aligned("a2", "s2", "s3", " "),
        aligned("a3", "s3", "s3", "NOTHING"),
        aligned("a4", "s4", "s5", 'SO"'),
        aligned("a4", "s5", "s6", "AGAIN"),
    )
    path = write_eaf(tmp_path / "a.eaf", TIMES, tier("SIGN", *rows))
    clips, summary, _ = imported(tmp_path, path)
    assert [clip.glosses for clip in clips] == [("שלום",), (), ('SO"',)]
    assert summary.bad_rows == {
        "direction_mark": 1,
        "empty_gloss": 1,
        "wrong_window": 1,
        "stray_quote": 1,
        "duplicate_id": 1,
    }
    assert summary.n_right_to_left == 1


def test_a_source_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        imported(tmp_path, tmp_path)
    assert str(error.value) == f"{tmp_path} has no .eaf file; give an .eaf file or a folder of them"
    with pytest.raises(FormatError) as error:
        imported(tmp_path, tmp_path / "none")
    assert str(error.value) == f"no file or folder at {tmp_path / 'none'}"


def test_signs_are_cut_out_of_the_pose_of_the_whole_video(tmp_path: Path) -> None:
    make_dataset(tmp_path / "out", [Clip("my_film", video="films/my film.mp4")], n_frames=50)
    path = write_eaf(tmp_path / "talk.eaf", TIMES, tier("SIGN", *SIGNS))
    summary = import_dataset("elan", path, tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert (summary.n_cut, summary.n_frames) == (3, 10 + 15 + 13)
    assert dataset.clips["talk-a2"].glosses == ("DRINK",)
    whole, part = dataset.pose("my_film"), dataset.pose("talk-a2")
    assert part.coords.tobytes() == whole.coords[10:25].tobytes()


def test_sentences_of_another_signer_are_not_those_of_the_glosses(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "talk.eaf",
        TIMES,
        tier("SIGN_A", aligned("a1", "s1", "s2", "YES"), participant="A"),
        tier("SENTENCE_A", aligned("a2", "s1", "s3", "Ja."), participant="A"),
        tier("SIGN_B", aligned("a3", "s1", "s3", "NO"), participant="B"),
    )
    (clip,), _, _ = imported(tmp_path, path, tier="SIGN_B")
    assert (clip.clip_id, clip.glosses, clip.text, clip.signer) == ("talk-a3", ("NO",), "", "B")


def test_a_corpus_is_named_after_the_folder_that_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talks").mkdir()
    write_eaf(tmp_path / "talks" / "a.eaf", TIMES, tier("SIGN", *SIGNS))
    monkeypatch.chdir(tmp_path / "talks")
    imported(tmp_path, Path())
    assert PoseDataset.open(tmp_path / "out").info.name == "talks"
