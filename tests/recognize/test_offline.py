from dataclasses import replace

import numpy as np
import pytest

from signkit.clip import ClipTable
from signkit.errors import CheckpointError, RecognitionError
from signkit.pose import PoseSequence
from signkit.recognize import load_recognizer, recognize
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from signkit.train import train
from tests.strokes import make_recipe, make_strokes


@pytest.fixture(scope="module")
def isolated(tmp_path_factory):
    return make_strokes(tmp_path_factory.mktemp("data") / "isolated", n_clips=24, continuous=False)


@pytest.fixture(scope="module")
def isolated_run(isolated, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "isolated"
    mild = {"mirror": 0.0, "rotate_deg": (2.0, 2.0, 2.0), "shear": 0.0, "hand_drop": 0.0}
    recipe = make_recipe(
        "isolated",
        train={"epochs": 80, "peak_lr": 5e-3},
        augment=mild,
        model={"width": 32, "head_dropout": 0.0, "block_drop": 0.0},
    )
    train(recipe, isolated, run)
    return run


@pytest.fixture(scope="module")
def continuous_run(tmp_path_factory):
    data = make_strokes(tmp_path_factory.mktemp("data") / "c", n_clips=12, continuous=True)
    run = tmp_path_factory.mktemp("runs") / "continuous"
    train(make_recipe("continuous", train={"epochs": 1}), data, run)
    return run, data


def test_a_trained_run_recognizes_its_train_clips(isolated, isolated_run):
    hypotheses = recognize(isolated_run, isolated, split="train")
    right = [h.glosses == isolated.clips[h.clip_id].glosses for h in hypotheses]
    assert np.mean(right) >= 0.9
    assert [h.clip_id for h in hypotheses] == [
        c.clip_id for c in isolated.clips.where(split="train")
    ]


def test_alternatives_are_sorted_and_their_probabilities_sum_to_one(isolated, isolated_run):
    for hypothesis in recognize(isolated_run, isolated, split="dev"):
        scores = [score for _, score in hypothesis.n_best]
        assert len(scores) == 4
        assert scores == sorted(scores, reverse=True)
        assert np.exp(scores).sum() == pytest.approx(1.0, abs=1e-4)


def test_a_clip_alone_is_recognized_as_among_others(isolated, isolated_run):
    recognizer = load_recognizer(isolated_run, device="cpu")
    poses = list(isolated.poses())
    together = recognizer.recognize(poses)
    for pose, hypothesis in zip(poses[:6], together, strict=False):
        [alone] = recognizer.recognize([pose])
        assert alone.glosses == hypothesis.glosses
        assert alone.score == pytest.approx(hypothesis.score, abs=1e-4)


def test_clips_of_another_frame_rate_are_read_at_the_runs_rate(isolated, isolated_run):
    recognizer = load_recognizer(isolated_run, device="cpu")
    for pose in list(isolated.poses())[:8]:
        moments = np.arange(0, pose.duration_s - 1 / 25, 1 / 60)
        where = moments * 25
        coords = np.stack(
            [
                [np.interp(where, np.arange(pose.n_frames), pose.coords[:, i, c]) for c in range(2)]
                for i in range(3)
            ]
        )
        fast = PoseSequence(
            pose.clip_id, pose.skeleton, coords.transpose(2, 0, 1).astype(np.float32),
            np.ones((len(moments), 3), np.float32), 60.0, 400, 400,
        )  # fmt: skip
        [a], [b] = recognizer.recognize([pose]), recognizer.recognize([fast])
        assert a.glosses == b.glosses


def test_more_landmarks_than_needed_are_no_problem(isolated, isolated_run):
    pose = isolated.pose("clip-000")
    wider = skeleton_from_names("more", ["antenna", *pose.skeleton.landmarks], n_dims=2)
    extra = np.zeros((pose.n_frames, 1, 2), np.float32)
    more = replace(
        pose,
        skeleton=wider,
        coords=np.concatenate([extra, pose.coords], axis=1),
        confidence=np.ones((pose.n_frames, 4), np.float32),
    )
    recognizer = load_recognizer(isolated_run, device="cpu")
    assert recognizer.recognize([more]) == recognizer.recognize([pose])


def test_times_lie_inside_the_clip_and_rise(continuous_run):
    run, data = continuous_run
    for hypothesis in recognize(run, data):
        assert len(hypothesis.times_s) == len(hypothesis.glosses)
        duration = data.pose(hypothesis.clip_id).duration_s
        flat = [t for pair in hypothesis.times_s for t in pair]
        assert flat == sorted(flat)
        assert all(0 <= t <= duration + 1e-6 for t in flat)


def test_missing_landmarks_are_named(isolated_run):
    body = SKELETONS["mediapipe-75"]
    pose = PoseSequence(
        "foreign",
        body,
        np.zeros((4, 75, 3), np.float32),
        np.ones((4, 75), np.float32),
        25.0,
        64,
        64,
    )
    with pytest.raises(RecognitionError) as error:
        load_recognizer(isolated_run).recognize([pose])
    assert str(error.value) == (
        "clip 'foreign' has skeleton 'mediapipe-75', but the run was trained on 'points': it lacks "
        "2 landmarks, for instance 'left_hand'; extract with the extractor the run was trained with"
    )


def test_labels_from_another_world_are_refused(isolated, isolated_run):
    foreign = ClipTable.from_clips([replace(c, glosses=("HUND",)) for c in isolated.clips])
    with pytest.raises(RecognitionError) as error:
        recognize(isolated_run, replace(isolated, clips=foreign))
    assert str(error.value) == (
        f"none of the 1 glosses of {isolated.path} (for instance 'HUND') is among the 4 the run "
        "knows (for instance 'CIRCLE'); use a run trained on these glosses"
    )


def test_an_empty_split_is_refused(isolated, isolated_run):
    with pytest.raises(RecognitionError, match=r"split 'test' of .* has no clip with poses"):
        recognize(isolated_run, isolated, split="test")


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"no run folder at .*; 'signkit train RECIPE DATASET"
    ):
        load_recognizer(tmp_path / "nothing")
