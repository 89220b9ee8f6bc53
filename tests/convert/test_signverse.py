"""SignVerse-2M from files written as the publication wrote them, defects and all."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, import_dataset
from signkit.convert.corpus import Entry
from signkit.convert.ledger import Ledger
from signkit.convert.signverse import read_signverse
from signkit.convert.summary import ImportSummary
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from tests.convert.signverse_corpus import (
    HEIGHT_PX,
    WIDTH_PX,
    consolidated,
    make_frames,
    npz,
    payload,
    truth,
    video,
    write_folder,
    write_tar,
)

ENGLISH = """WEBVTT

00:00:00.100 --> 00:00:00.500
Hello

00:00:00.500 --> 00:00:01.010
and welcome
"""
GERMAN = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nGuten Tag\n"
METADATA = "video_id,sign_language,split\nvideo,ase,train\nother,gsg,val\nlost,???,test\n"


def payloads(n_frames: int = 30, n_people: int = 1, **options) -> list[dict]:
    return [payload(frame, **options) for frame in make_frames(n_frames, n_people)]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger() as opened:
        yield opened


def entries_of(source: Path, ledger: Ledger, **options) -> list[Entry]:
    return list(read_signverse(source, ImportOptions(**options), ledger).entries)


def poses_of(source: Path, **options) -> list[PoseSequence]:
    with Ledger() as ledger:
        return [entry.read() for entry in entries_of(source, ledger, **options) if entry.read]


def rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("is_single", [False, True], ids=["consolidated", "a file a frame"])
@pytest.mark.parametrize("n_people", [0, 1, 2, 3])
def test_the_true_landmarks_of_the_largest_person_come_back(tmp_path, n_people, is_single):
    frames = make_frames(20, n_people)
    files = video("video", [payload(frame) for frame in frames], is_single=is_single)
    [pose] = poses_of(write_tar(tmp_path / "a.tar", files))
    coords, confidence = truth(frames)
    np.testing.assert_allclose(pose.coords, coords, rtol=1e-5)
    np.testing.assert_allclose(pose.confidence, confidence)
    assert (pose.fps, pose.width_px, pose.height_px) == (24, WIDTH_PX, HEIGHT_PX)
    assert pose.skeleton.name == "openpose-128"


def test_an_unpacked_folder_gives_the_same_as_its_tar(tmp_path):
    files = video("video", payloads(n_people=2), en=ENGLISH)
    packed = poses_of(write_tar(tmp_path / "a.tar", files))
    unpacked = poses_of(write_folder(tmp_path / "unpacked", files))
    assert len(packed) == len(unpacked) == 2
    for one, other in zip(packed, unpacked, strict=True):
        np.testing.assert_array_equal(one.coords, other.coords)


def test_the_nose_of_person_0_is_seen_though_its_score_is_0(tmp_path):
    [pose] = poses_of(write_tar(tmp_path / "a.tar", video("video", payloads())))
    assert payloads()[0]["person_000_body_scores"][0] == 0
    assert pose.confidence[0, 0] == 1
    assert pose.seen[:, 0].all()


def test_a_body_landmark_with_minus_1_is_unseen_whatever_its_place(tmp_path):
    [pose] = poses_of(write_tar(tmp_path / "a.tar", video("video", payloads())))
    assert not pose.seen[:, 9].any()
    assert not pose.confidence[:, 9].any()


def test_without_frame_indices_records_are_frames_in_order(tmp_path):
    files = video("video", payloads())
    files["video/npz/poses.npz"] = consolidated(payloads(), frame_indices=None)
    [pose] = poses_of(write_tar(tmp_path / "a.tar", files))
    np.testing.assert_allclose(pose.coords, truth(make_frames(30, 1))[0], rtol=1e-5)


def test_frames_without_a_record_are_unseen_and_records_may_come_in_any_order(tmp_path):
    files = video("video", payloads(3))
    indices = np.array([5, 1, 2], np.int32)
    poses = consolidated(payloads(3), frame_indices=indices, total_frames=np.int32(7))
    files["video/npz/poses.npz"] = poses
    [pose] = poses_of(write_tar(tmp_path / "a.tar", files))
    coords = truth(make_frames(3, 1))[0]
    assert pose.seen.any(axis=1).tolist() == [True, True, False, False, True, False, False]
    np.testing.assert_allclose(pose.coords[[4, 0, 1]], coords, rtol=1e-5)


def test_an_empty_record_is_a_frame_without_people(tmp_path):
    records = [*payloads(2), {}, *payloads(2)]
    [pose] = poses_of(write_tar(tmp_path / "a.tar", video("video", records)))
    assert pose.seen.any(axis=1).tolist() == [True, True, False, True, True]


def test_frames_of_another_size_are_scaled_and_noted(tmp_path, ledger):
    records = [payload(frame) for frame in make_frames(10, 1)]
    records[3:5] = [payload(frame, size=(448, 256)) for frame in make_frames(10, 1)[3:5]]
    [entry] = entries_of(write_tar(tmp_path / "a.tar", video("video", records)), ledger)
    pose = entry.read()
    np.testing.assert_allclose(pose.coords, truth(make_frames(10, 1))[0], rtol=1e-5)
    assert ledger.first["odd_landmarks"].found == "has 2 frames not of 896 x 512 px"


@pytest.mark.parametrize(
    ("policy", "person"), [(None, 0), ("largest", 0), ("first", 2)], ids=["default", "largest", "1"]
)
def test_the_signer_is_followed_through_orders_that_change(tmp_path, policy, person):
    frames = make_frames(40, 3)
    turned = [[frame[(k + t) % 3] for k in range(3)] for t, frame in enumerate(frames)]
    turned = turned if policy != "first" else [[f[2], f[0], f[1]] for f in frames]
    records = [payload(frame) for frame in turned]
    [pose] = poses_of(write_tar(tmp_path / "a.tar", video("video", records)), signer=policy)
    np.testing.assert_allclose(pose.coords, truth(frames, person)[0], rtol=1e-5)


def test_captions_are_cut_out_of_one_video_which_is_read_once(tmp_path, ledger):
    entries = entries_of(
        write_tar(tmp_path / "a.tar", video("video", payloads(), en=ENGLISH)), ledger
    )
    assert [e.clip.clip_id for e in entries] == ["video-00001", "video-00002"]
    assert [e.clip.text for e in entries] == ["Hello", "and welcome"]
    frames = [(e.clip.start_s * 24, e.clip.end_s * 24) for e in entries]
    assert frames == [(2, 12), (12, 25)]  # 0.1 s is in frame 2, 1.01 s in frame 24
    assert {e.clip.session for e in entries} == {"video"}
    coords = truth(make_frames(30, 1))[0]
    for entry, (first, end) in zip(entries, [(2, 12), (12, 25)], strict=True):
        pose = entry.read()
        np.testing.assert_allclose(pose.coords, coords[first:end], rtol=1e-5)
        np.testing.assert_allclose(pose.time_s, np.arange(first, end) / 24)


@pytest.mark.parametrize(
    ("captions", "language", "text"),
    [
        ({"de": GERMAN, "en": ENGLISH}, "en", "Hello"),
        ({"fr": ENGLISH, "de": GERMAN}, "de", "Guten Tag"),
        ({"de": GERMAN, "en-GB": ENGLISH}, "en-GB", "Hello"),
        ({"de": GERMAN, "en": "WEBVTT\n"}, "de", "Guten Tag"),
    ],
    ids=["English", "else the first", "British English", "English without captions"],
)
def test_english_captions_are_preferred(tmp_path, ledger, captions, language, text):
    clip = entries_of(
        write_tar(tmp_path / "a.tar", video("video", payloads(), **captions)), ledger
    )[0].clip
    assert (clip.extra["x_caption_language"], clip.text) == (language, text)


CAPTIONS = {
    "video_id": "video",
    "subtitle_en": "Hello there",
    "subtitle_en_source": "translated_from_de",
    "languages": {
        "de": {"text": "Hallo", "segments": [{"start_sec": 0, "end_sec": 1, "text": "Hallo"}]},
        "en": {"text": "Hi", "segments": [{"start_sec": 0.5, "end_sec": 1.0, "text": " Hi  you"}]},
    },
}


def captions_in_json(tmp_path: Path, ledger: Ledger, record: object, **captions: str) -> list[Clip]:
    files = video("video", payloads(), **captions)
    files["video/captions/video.json"] = json.dumps(record).encode()
    path = write_tar(tmp_path / "a.tar", files)
    return [entry.clip for entry in entries_of(path, ledger)]


def test_captions_in_json_say_whether_they_are_translated(tmp_path, ledger):
    [clip] = captions_in_json(tmp_path, ledger, CAPTIONS, de=GERMAN)
    assert (clip.text, clip.start_s, clip.end_s) == ("Hi you", 0.5, 1.0)
    expected = {"x_caption_language": "en", "x_caption_source": "translated_from_de"}
    assert clip.extra == expected


def test_english_text_without_times_belongs_to_the_whole_video(tmp_path, ledger):
    [clip] = captions_in_json(tmp_path, ledger, {**CAPTIONS, "languages": {}})
    assert (clip.clip_id, clip.text, clip.start_s) == ("video", "Hello there", None)


def test_broken_captions_are_left_out_and_the_video_stays(tmp_path, ledger):
    [clip] = captions_in_json(tmp_path, ledger, ["no captions"])
    assert clip.clip_id == "video"
    assert str(ledger.first["unreadable"]).startswith(
        "captions/video.json: is not the captions' JSON (TypeError: list indices"
    )


def import_it(source: Path, out: Path, **options) -> ImportSummary:
    return import_dataset("signverse", source, out, ImportOptions(**options))


def test_a_folder_of_tars_becomes_a_dataset(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "SignVerse-2M-metadata_split.csv").write_text(METADATA)
    one = video("video", payloads(n_people=2), en=ENGLISH)
    two = video("other", payloads(12)) | video("extra", payloads(12))
    del two["extra/npz/.complete"], two["other/npz/poses.npz"]
    write_tar(source / "Sign_DWPose_NPZ_000000.tar", one)
    write_tar(source / "Sign_DWPose_NPZ_000001.tar", two)
    summary = import_it(source, tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.clips.ids == ["video-00001", "video-00002", "other", "extra"]
    assert (summary.n_clips, summary.n_with_poses, summary.n_unlisted) == (4, 3, 1)
    clip = dataset.clips["video-00002"]
    assert (clip.language, clip.split, clip.session) == ("ase", "train", "video")
    assert (dataset.clips["other"].language, dataset.clips["other"].split) == ("gsg", "dev")
    coords = truth(make_frames(30, 2))[0][12:25]
    pose = dataset.pose("video-00002")
    np.testing.assert_allclose(pose.coords, coords, atol=1 / 32 + 1e-3)
    assert pose.time_s[0] == 0.5
    assert dataset.info.extractor["options"]["repaired"] == ["body scores", "hands"]
    assert dataset.info.licence.startswith("CC BY-NC 4.0")
    missing = {row["clip_id"]: row["reason"] for row in rows(tmp_path / "out", "missing")}
    assert missing == {"other": "its folder has no npz/poses.npz", "lost": "no such video"}
    assert [row["name"] for row in rows(tmp_path / "out", "unlisted")] == ["extra"]
    bad = [
        (row["kind"], row["clip_id"], row["found"]) for row in rows(tmp_path / "out", "bad_rows")
    ]
    expected = "has no npz/.complete: frames at its end may not be there"
    assert bad == [("missing_value", "extra", expected)]


def test_with_the_map_of_tars_only_what_the_tars_here_should_have_is_missing(tmp_path):
    write_tar(tmp_path / "a.tar", video("video", payloads()))
    (tmp_path / "runtime_state").mkdir()
    places = {"uploaded_folders": {"video": "a.tar", "lost": "data/a.tar", "far": "b.tar"}}
    (tmp_path / "runtime_state/archive_upload_progress.json").write_text(json.dumps(places))
    import_it(tmp_path / "a.tar", tmp_path / "out")
    [row] = rows(tmp_path / "out", "missing")
    assert (row["clip_id"], row["reason"]) == ("lost", "its tar does not have it")


def test_captions_beyond_the_video_end_with_it_or_are_left_out(tmp_path):
    late = "WEBVTT\n\n00:00:01.000 --> 00:00:09.000\nlong\n\n00:00:08.000 --> 00:00:09.000\nlate\n"
    write_tar(tmp_path / "a.tar", video("video", payloads(30), en=late))
    summary = import_it(tmp_path / "a.tar", tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert summary.bad_rows == {"outside_video": 2}
    assert dataset.clips["video-00001"].end_s == 30 / 24
    assert dataset.pose("video-00001").n_frames == 6


@pytest.mark.parametrize(
    ("poses", "reason"),
    [
        (b"no zip", "npz/poses.npz is not a readable .npz file: File is not a zip file"),
        (
            consolidated([], frame_payloads=None, frame_width=np.int32(5)),
            "npz/poses.npz has no frame_payloads: this is an early layout that was never published",
        ),
        (
            consolidated(payloads(2), frame_indices=np.array([1, 1])),
            "npz/poses.npz has frame_indices that are not one for each frame",
        ),
        (
            consolidated(payloads(2), frame_indices=np.array([1, 2_000_000_000])),
            "has 2000000000 frames, but only 2 records of them",
        ),
        (
            consolidated([{"num_persons": 1}]),
            "frame 1 has no 'person_000_body_keypoints'",
        ),
        (
            consolidated([{**payloads(1)[0], "person_000_face_scores": np.zeros(70)}]),
            "frame 1 has face of (70,), expected (68,)",
        ),
        (
            consolidated([{k: v * 500 for k, v in payloads(1)[0].items()} | {"num_persons": 1}]),
            "has no coordinates in the frame; expected fractions of its width and height, not "
            "pixels as in an early layout that was never published",
        ),
    ],
    ids=["no zip", "early", "twice", "far", "no keypoints", "face of 70", "pixels"],
)
def test_a_video_that_cannot_be_used_is_a_failure_and_the_rest_goes_on(tmp_path, poses, reason):
    files = video("bad", payloads(1)) | video("good", payloads())
    files["bad/npz/poses.npz"] = poses
    write_tar(tmp_path / "a.tar", files)
    summary = import_it(tmp_path / "a.tar", tmp_path / "out")
    [row] = rows(tmp_path / "out", "failures")
    assert (row["clip_id"], row["reason"]) == ("bad", reason)
    assert summary.n_with_poses == 1


def test_a_record_that_would_run_something_is_refused(tmp_path, ledger):
    class Evil:
        def __reduce__(self):
            return (print, ("ran",))

    files = video("video", payloads())
    files["video/npz/poses.npz"] = consolidated([*payloads(1), {"more": Evil()}])
    [entry] = entries_of(write_tar(tmp_path / "a.tar", files), ledger)
    with pytest.raises(FormatError, match=r"frame_payloads asks for builtins\.print"):
        entry.read()


def test_a_tar_that_ends_too_early_gives_what_is_there(tmp_path):
    path = write_tar(tmp_path / "a.tar", video("one", payloads()) | video("two", payloads()))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    summary = import_it(path, tmp_path / "out")
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == ["one"]
    assert summary.n_failed == 1


def test_a_source_without_videos_is_refused(tmp_path):
    with pytest.raises(FormatError) as error:
        import_it(tmp_path / "nothing", tmp_path / "out")
    assert str(error.value) == f"no tar or folder at {tmp_path / 'nothing'}"
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError) as error:
        import_it(tmp_path / "empty", tmp_path / "out")
    assert str(error.value) == (
        f"{tmp_path / 'empty'} has no videos; expected tars, or folders VIDEO/npz/poses.npz with "
        "VIDEO/captions"
    )
    (tmp_path / "a.tar").write_bytes(b"no tar at all")
    with pytest.raises(FormatError) as error:
        import_it(tmp_path / "a.tar", tmp_path / "out")
    assert str(error.value).startswith(
        f"{tmp_path / 'a.tar'} is not an uncompressed .tar with videos ("
    )


def test_a_tar_of_captions_alone_is_no_tar_of_videos(tmp_path):
    captions = {k: v for k, v in video("video", [], en=ENGLISH).items() if "captions" in k}
    (tmp_path / "source").mkdir()
    write_tar(tmp_path / "source" / "a.tar", video("video", payloads()))
    write_tar(tmp_path / "source" / "signverse_subtitles_with_english.tar", captions)
    summary = import_it(tmp_path / "source", tmp_path / "out")
    assert (summary.n_clips, summary.n_bad_rows, summary.n_unlisted) == (1, 0, 1)


def test_hands_that_were_repaired_before_are_noted_and_stay(tmp_path, ledger):
    frames = make_frames(30, 2)
    records = [payload(frame, has_own_hands=True) for frame in frames]
    [entry] = entries_of(write_tar(tmp_path / "a.tar", video("video", records)), ledger)
    np.testing.assert_allclose(entry.read().coords, truth(frames)[0], rtol=1e-5)
    assert str(ledger.first["odd_landmarks"]) == (
        "a.tar: has 100% of the hands at the right wrists already; not repaired again; kept"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"total_frames": np.float64("nan")}, "npz/poses.npz has total_frames that are no whole"),
        ({"frame_indices": np.array([1, np.nan])}, "npz/poses.npz has frame_indices that are no"),
        ({"frame_widths": np.full(2, np.inf)}, "npz/poses.npz has frame sizes that are no whole"),
        ({"frame_widths": np.full(2, 10**15)}, "has frames of 1e+15 x 512 px; expected 1 to 1,0"),
        ({"frame_payloads": np.array([np.arange(3), 1], object)}, "frame 1 is no record of people"),
        (
            {"frame_payloads": np.array([{"num_persons": float("nan")}] * 2, object)},
            "frame 1 is no record of people",
        ),
    ],
    ids=["total", "indices", "infinite size", "huge size", "array", "people"],
)
def test_strange_numbers_are_a_failure_of_their_video(tmp_path, change, reason):
    files = {**video("good", payloads(2)), **video("bad", payloads(2))}
    files["bad/npz/poses.npz"] = consolidated(payloads(2), **change)
    write_folder(tmp_path / "in", files)
    import_it(tmp_path / "in", tmp_path / "out")
    [row] = rows(tmp_path / "out", "failures")
    assert row["clip_id"] == "bad"
    assert row["reason"].startswith(reason)


@pytest.mark.parametrize("name", ["99999999999999999999999999", "00000002"], ids=["number", "size"])
def test_strange_files_of_frames_are_a_failure_of_their_video(tmp_path, name):
    files = {**video("good", payloads(2)), **video("bad", payloads(2), is_single=True)}
    record = {"num_persons": np.int32(0), "frame_width": np.arange(3), "frame_height": np.int32(3)}
    files[f"bad/npz/{name}.npz"] = npz(record)
    write_folder(tmp_path / "in", files)
    import_it(tmp_path / "in", tmp_path / "out")
    [row] = rows(tmp_path / "out", "failures")
    assert row["clip_id"] == "bad"


@pytest.mark.parametrize(
    "segment",
    [{"start_sec": 0, "end_sec": float("inf")}, {"start_sec": float("nan"), "end_sec": 1}],
)
def test_captions_at_no_time_are_noted(tmp_path, segment):
    record = {"languages": {"en": {"segments": [{**segment, "text": "a"}]}}}
    files = {**video("v", payloads(2)), "v/captions/v.json": json.dumps(record).encode()}
    write_folder(tmp_path / "in", files)
    assert import_it(tmp_path / "in", tmp_path / "out").bad_rows == {"unreadable": 1}


def test_a_caption_of_null_says_nothing(tmp_path):
    segments = [{"start_sec": 0, "end_sec": 0.1, "text": None}]
    record = {"languages": {"en": {"segments": segments}}}
    files = {**video("v", payloads(4)), "v/captions/v.json": json.dumps(record).encode()}
    write_folder(tmp_path / "in", files)
    import_it(tmp_path / "in", tmp_path / "out")
    assert PoseDataset.open(tmp_path / "out").clips["v"].text == ""


@pytest.mark.parametrize("text", ["[]", '{"uploaded_folders": null}'])
def test_a_map_of_tars_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "in" / "runtime_state" / "archive_upload_progress.json"
    write_folder(tmp_path / "in", {**video("v", payloads(2)), str(path): text.encode()})
    with pytest.raises(FormatError) as caught:
        import_it(tmp_path / "in", tmp_path / "out")
    assert str(caught.value) == f"{path} is no map of 'uploaded_folders' to their tars"
