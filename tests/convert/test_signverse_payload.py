"""The two repairs of SignVerse-2M, on records whose truth is known."""

import numpy as np
import pytest

from signkit.convert.signverse_payload import (
    Everybody,
    gather,
    landmarks,
    repair_hands,
    repair_scores,
)
from signkit.errors import FormatError
from tests.convert.signverse_corpus import Frame, make_frames, payload


def read(frames: list[Frame], **defects: bool) -> Everybody:
    return gather(enumerate(payload(frame, **defects) for frame in frames))


def true_hands(frames: list[Frame], side: str) -> np.ndarray:
    return np.array([person.coords[side] for frame in frames for person in frame])


@pytest.mark.parametrize("n_people", [1, 2, 3, 5])
def test_everybody_gets_their_own_hands(n_people):
    frames = make_frames(3, n_people)
    repaired = repair_hands(read(frames))
    for side in ("left_hand", "right_hand"):
        np.testing.assert_array_equal(repaired.coords[side], true_hands(frames, side))
        scores = [person.scores[side] for frame in frames for person in frame]
        np.testing.assert_array_equal(repaired.scores[side], scores)
    assert repaired.hands_improved == (None if n_people == 1 else 1.0)


def test_frames_with_one_and_with_several_people_may_follow_each_other():
    frames = [*make_frames(2, 1), *make_frames(1, 3), [], *make_frames(2, 2)]
    repaired = repair_hands(repair_scores(read(frames)))
    np.testing.assert_array_equal(repaired.coords["left_hand"], true_hands(frames, "left_hand"))
    assert repaired.frames.tolist() == [0, 1, 2, 2, 2, 4, 4, 5, 5]
    assert set(np.unique(repaired.scores["body"])) == {-1, 1}


def test_the_published_hands_are_really_mixed():
    frames = make_frames(1, 2)
    saved, true = read(frames).coords["left_hand"], true_hands(frames, "left_hand")
    np.testing.assert_array_equal(saved[0], true[0])
    assert not np.array_equal(saved[1], true[1])


@pytest.mark.parametrize("repair", [repair_hands, repair_scores])
def test_a_second_repair_is_refused(repair):
    once = repair(read(make_frames(2, 2)))
    [what] = once.repaired
    with pytest.raises(FormatError) as error:
        repair(once)
    assert str(error.value) == (f"{what} are repaired already; a second repair would damage them")


def test_hands_that_somebody_else_has_repaired_stay():
    frames = make_frames(20, 2)
    kept = repair_hands(read(frames, has_own_hands=True))
    np.testing.assert_array_equal(kept.coords["left_hand"], true_hands(frames, "left_hand"))
    assert kept.repaired == ()
    assert kept.hands_improved == 0


def test_real_scores_stay_and_indices_become_certain():
    frames = make_frames(2, 2)
    people = read(frames, has_real_scores=True)
    np.testing.assert_array_equal(repair_scores(people).scores["body"], people.scores["body"])
    coded = repair_scores(read(frames)).scores["body"]
    expected = [np.where(p.scores["body"] > 0.3, 1, -1) for frame in frames for p in frame]
    np.testing.assert_array_equal(coded, expected)


def test_one_real_score_makes_all_scores_of_a_frame_real():
    records = [payload(frame) for frame in make_frames(2, 2)]
    records[0]["person_001_body_scores"] = np.full(18, 0.5, np.float32)
    scores = repair_scores(gather(enumerate(records))).scores["body"]
    assert scores[0, 5] == 5  # of person 0 in the same frame: taken as it is
    assert (scores[1] == 0.5).all()
    assert scores[2, 5] == 1


def test_landmarks_far_outside_and_without_score_are_unseen_and_confidence_ends_at_1():
    [frame] = make_frames(1, 1)
    coords, confidence = landmarks(repair_scores(read([frame])), 896, 512)
    expected_coords, expected_confidence = frame[0].landmarks
    np.testing.assert_allclose(coords[0], expected_coords, rtol=1e-6)
    np.testing.assert_array_equal(confidence[0], expected_confidence)
    face = 18 + 42
    assert np.isnan(coords[0, face + 5]).all()
    assert np.isnan(coords[0, face + 7]).all()
    assert confidence.max() == 1


def test_a_video_without_people_has_no_landmarks():
    people = repair_hands(repair_scores(read([[], []])))
    coords, confidence = landmarks(people, 896, 512)
    assert coords.shape == (0, 128, 2)
    assert confidence.shape == (0, 128)
