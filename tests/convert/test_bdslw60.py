import json
from pathlib import Path
from typing import Any

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows


def recording(*frames: tuple[Any, Any], **fields: Any) -> dict[str, Any]:
    """What `output1.json` says about one video with trials from `frames`."""
    trials = {str(i): {"starting": a, "ending": b} for i, (a, b) in enumerate(frames)}
    record = {
        "User": "U4",
        "Orientation": "RightHand",
        "Session": "1",
        "View": "Front",
        "FrameRate": "30",
        "FileName": "U4W1F",
        "no_of_trials": len(frames),
        "trials": trials,
    }
    return record | fields


def write(folder: Path, word: str, users: Any, encoding: str = "utf-8") -> Path:
    (folder / word).mkdir(parents=True, exist_ok=True)
    path = folder / word / "output1.json"
    path.write_text(json.dumps({word: users}), encoding=encoding)
    return path


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("bdslw60", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_a_trial_becomes_a_clip_with_a_window(tmp_path: Path) -> None:
    users = {"U4": {"RightHand": {"U4W1F": recording((31, 60), (91, 150))}}}
    write(tmp_path / "words", "W1", users)
    summary, clips = read(tmp_path / "words", tmp_path / "out")
    assert (summary.n_clips, summary.bad_rows) == (2, {})
    assert clips["U4W1F-RightHand-1"] == Clip(
        "U4W1F-RightHand-1",
        "W1/U4W1F.mp4",
        3.0,
        5.0,
        ("W1",),
        signer="U4",
        session="U4W1F",
        extra={
            "x_orientation": "RightHand",
            "x_view": "Front",
            "x_session": "1",
            "x_fps": "30",
            "x_trial": "1",
        },
    )


@pytest.mark.parametrize(
    ("rate", "window"),
    [("30", (1.0, 2.0)), ("24", (1.25, 2.5)), ("15", (2.0, 4.0)), (15, (2.0, 4.0))],
)
def test_frames_count_from_1_and_the_last_belongs_to_the_trial(
    tmp_path: Path, rate: Any, window: tuple[float, float]
) -> None:
    users = {"U4": {"RightHand": {"U4W1F": recording((31, 60), FrameRate=rate)}}}
    path = write(tmp_path / "words", "W1", users)
    clip = read(path, tmp_path / "out")[1]["U4W1F-RightHand-0"]
    assert (clip.video, (clip.start_s, clip.end_s)) == ("W1/U4W1F.mp4", window)


def test_words_signers_and_hands_are_kept_apart(tmp_path: Path) -> None:
    for word in ("W2", "W10"):
        users = {
            user: {
                hand: {f"{user}{word}F_{hand[0]}": recording((1, 30))}
                for hand in ("RightHand", "LeftHand")
            }
            for user in ("U4", "U17")
        }
        write(tmp_path / "words", word, users)
    _, clips = read(tmp_path / "words", tmp_path / "out")
    found = [(c.glosses[0], c.signer, c.extra["x_orientation"]) for c in clips.values()]
    assert found == [
        (word, user, hand)
        for word in ("W2", "W10")
        for user in ("U4", "U17")
        for hand in ("RightHand", "LeftHand")
    ]


def test_contradictions_are_noted_and_trials_counted(tmp_path: Path) -> None:
    right = {
        "U4W1F": recording((1, 30), (31, 60), no_of_trials="5"),
        "U5W1F": recording((1, 30)),
        "U4W1F_2.mp4": recording((1, 25), FrameRate="25", no_of_trials=None),
    }
    write(tmp_path / "words", "W1", {"U4": {"RightHand": right}}, encoding="utf-8-sig")
    summary, clips = read(tmp_path / "words", tmp_path / "out")
    assert summary.n_clips == 4
    assert clips["U4W1F_2-RightHand-0"].video == "W1/U4W1F_2.mp4"
    assert clips["U4W1F_2-RightHand-0"].end_s == 1.0
    assert bad_rows(tmp_path / "out") == [
        "conflict,W1/output1.json,,U4W1F,has 2 trials and says 5,kept",
        "conflict,W1/output1.json,,U5W1F,stands under W1 and U4,kept",
        'conflict,W1/output1.json,,U4W1F_2,"has the frame rate 25, BdSLW60 has 15, 24 and 30",kept',
    ]


def test_bad_records_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    right = {
        "U4W1F": recording((1, 30), ("x", 60), (61, 60), (0, 30)),
        "U4W1F_b": recording((1, 30), (31, 60), FrameRate=""),
        "U4W1F_c": "nothing",
        "U4W1F_d": {"FrameRate": "30"},
        "U4W1F e": recording((1, 30)),
    }
    write(tmp_path / "words", "W1", {"U4": {"RightHand": right}, "": {"LeftHand": {}}, "U5": 3})
    _, clips = read(tmp_path / "words", tmp_path / "out")
    assert list(clips) == ["U4W1F-RightHand-0", "U4W1F_e-RightHand-0"]
    assert bad_rows(tmp_path / "out") == [
        "unreadable,W1/output1.json,,U4W1F-RightHand-1,"
        "\"has a trial of {'starting': 'x', 'ending': 60}, expected starting and ending\",left out",
        "wrong_window,W1/output1.json,,U4W1F-RightHand-2,ends at 2 s and begins at 2 s,left out",
        "wrong_window,W1/output1.json,,U4W1F-RightHand-3,"
        "is from -0.03333333333333333 s to 1.0 s,left out",
        "unreadable,W1/output1.json,,U4W1F_b,"
        "has the frame rate '': where its 2 trials are is unknown,left out",
        "unreadable,W1/output1.json,,,has no trials under W1 / U4 / RightHand / U4W1F_c,left out",
        "unreadable,W1/output1.json,,,has no trials under W1 / U4 / RightHand / U4W1F_d,left out",
        "odd_id,W1/output1.json,,U4W1F e-RightHand-0,"
        "\"has the id 'U4W1F e-RightHand-0', now 'U4W1F_e-RightHand-0'\",repaired",
        "unreadable,W1/output1.json,,,has no trials under W1 / U5,left out",
    ]


def test_its_own_folder_says_which_videos_are_there(tmp_path: Path) -> None:
    right = {"U4W1F": recording((1, 30)), "U4W1F_2": recording((1, 30), (31, 60))}
    words = tmp_path / "words"
    write(words, "W1", {"U4": {"RightHand": right}})
    for name in ("U4W1F.mp4", "U4W1F_3.mp4"):
        (words / "W1" / name).touch()
    summary, _ = read(words, tmp_path / "out", ImportOptions(videos=words))
    assert (summary.n_clips, summary.missing_by_gloss, summary.n_unlisted) == (3, {"W1": 2}, 1)


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    (tmp_path / "W1").mkdir()
    with pytest.raises(FormatError) as error:
        import_dataset("bdslw60", tmp_path, tmp_path / "out")
    assert str(error.value) == (
        f"{tmp_path} has no annotations of BdSLW60; expected folders W1, W2, ... with "
        "output1.json, or give one such file"
    )


def test_frames_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    frames = ((1, 30), (10**400, 10**400), (1, float("inf")), (1.5, 30))
    write(tmp_path / "words", "W1", {"U4": {"RightHand": {"U4W1F": recording(*frames)}}})
    summary, clips = read(tmp_path / "words", tmp_path / "out")
    assert list(clips) == ["U4W1F-RightHand-0"]
    assert summary.bad_rows == {"unreadable": 3}


def test_a_frame_rate_too_large_for_a_number_is_unknown(tmp_path: Path) -> None:
    users = {
        "U4": {
            "RightHand": {
                "U4W1F": recording((1, 30)),
                "U4W1F_2": recording((1, 30), FrameRate=10**400),
            }
        }
    }
    write(tmp_path / "words", "W1", users)
    summary, _ = read(tmp_path / "words", tmp_path / "out")
    assert (summary.n_clips, summary.n_left_out) == (1, 1)
