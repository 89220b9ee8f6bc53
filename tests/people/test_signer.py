"""Who signs, on tracks whose motion is known."""

import numpy as np
import pytest

from signkit.errors import ExtractionError
from signkit.people.signer import activity, choose_signers, count_switches
from signkit.people.track import Track
from signkit.skeletons import MEDIAPIPE_75

FPS = 25.0
N_FRAMES = 75
INDEX = MEDIAPIPE_75.index


def make_track(
    *,
    x: float = 300.0,
    size: float = 100.0,
    signs: float = 0.0,
    walks: float = 0.0,
    jitter: float = 0.0,
    frames: range = range(N_FRAMES),
    boxes: bool = True,
) -> Track:
    """A person with shoulders `size` pixels wide.

    Args:
        x: Middle of the shoulders in the first frame.
        size: Pixels.
        signs: Amplitude of the wrists' circles, one a second, in shoulder widths.
        walks: Pixels a frame.
        jitter: Deviation of every landmark in shoulder widths.
        frames: In which the person is followed.
        boxes: Whether there are any.
    """
    n = np.array(frames)
    coords = np.full((len(n), MEDIAPIPE_75.n_landmarks, 3), np.nan, np.float32)
    middle = np.stack([x + walks * n, np.full(len(n), 100.0)], axis=1)
    angle = 2 * np.pi * n / FPS
    circle = signs * size * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for side, out in (("left", 0.5), ("right", -0.5)):
        shoulder = middle + size * np.array([out, 0])
        coords[:, INDEX(f"{side}_shoulder"), :2] = shoulder
        coords[:, INDEX(f"{side}_wrist"), :2] = shoulder + circle + np.array([0, size])
    coords += (jitter * size * np.random.default_rng(0).standard_normal(coords.shape)).astype("f4")
    around = middle[:, [0, 1, 0, 1]] + size * np.array([-1, -1, 1, 2])
    confidence = np.isfinite(coords[..., 0]).astype(np.float32)
    return Track(n, coords, confidence, around.astype(np.float32) if boxes else None)


def chosen(policy: str | None, *tracks: Track) -> list[int]:
    choices = choose_signers(tracks, policy, MEDIAPIPE_75, fps=FPS, n_frames=N_FRAMES)
    return [choice.track_id for choice in choices]


def active(track: Track, *others: Track) -> float:
    return activity(track, others, MEDIAPIPE_75, fps=FPS, n_frames=N_FRAMES)


@pytest.mark.parametrize(
    "other",
    [
        make_track(x=700, size=130),  # nearer, but still
        make_track(x=700, size=130, jitter=0.01),  # an extractor's noise
        make_track(x=0, walks=8),  # walks with still arms
        make_track(x=700, signs=0.1, size=130),  # listens with small hands
        make_track(x=700, signs=0.4, frames=range(20)),  # signs, then leaves
        make_track(x=700, signs=0.4, size=60),  # signs in the background
    ],
    ids=["still", "noise", "walks", "listens", "leaves", "small"],
)
def test_the_signer_is_who_moves_the_hands_before_the_body(other):
    assert chosen("active", other, make_track(signs=0.4)) == [1]


def test_activity_is_the_square_of_the_wrists_speed_times_the_size():
    speed = 0.3 * 25 * np.sin(2 * np.pi / 25)  # central differences shorten the circle's arc
    area = (2 * 100) * (3 * 100)
    smoothed = active(make_track(signs=0.3)) / (np.sqrt(area) * 2 * speed**2)
    assert smoothed == pytest.approx(1, abs=0.1)


def test_a_wrist_that_is_not_seen_is_no_motion():
    track = make_track(signs=0.4)
    confidence = np.array(track.confidence)
    confidence[:, INDEX("left_wrist")] = 0.2
    half = active(Track(track.frames, track.coords, confidence, track.boxes))
    assert half == pytest.approx(active(track) / 2, rel=0.05)


def test_a_wrist_that_is_mistaken_now_and_then_is_no_motion():
    still = make_track()
    jumps = np.array(still.coords)
    jumps[::7, INDEX("left_wrist")] += 300
    assert active(Track(still.frames, jumps, still.confidence, still.boxes)) == 0


def test_behind_somebody_else_nobody_signs():
    signs = make_track(signs=0.4)
    assert active(signs, make_track(x=310, size=120)) == 0
    assert active(signs, make_track(x=800, size=120)) == active(signs) > 0


def test_shoulders_of_another_width_are_somebody_elses():
    track = make_track(signs=0.4)
    coords = np.array(track.coords)
    coords[:20, INDEX("left_shoulder"), 0] += 60
    mixed = Track(track.frames, coords, track.confidence, track.boxes)
    assert active(mixed) < 0.8 * active(track)


def test_the_largest_is_the_largest_for_most_of_the_time():
    passes = make_track(x=0, size=120, frames=range(20))
    assert chosen("largest", passes, make_track(signs=0.4), make_track(x=800, size=90)) == [1]


def test_all_are_those_who_stay_the_most_active_first():
    tracks = (
        make_track(x=900, frames=range(5)),
        make_track(x=600),
        make_track(signs=0.4),
        make_track(x=900, signs=0.2, frames=range(30, 75)),
    )
    assert chosen("all", *tracks) == [2, 3, 1]


def test_of_people_seen_shortly_only_one_is_left():
    tracks = (make_track(frames=range(3)), make_track(x=900, signs=0.4, frames=range(8)))
    assert chosen("all", *tracks) == [1]


def test_without_a_policy_the_extractors_first_is_taken():
    nobody = make_track()
    nobody = Track(nobody.frames, nobody.coords, np.zeros_like(nobody.confidence), nobody.boxes)
    assert chosen(None, nobody, make_track(size=50), make_track(signs=0.4)) == [1]
    assert chosen(None, nobody) == chosen("all", nobody) == chosen("active") == []


def test_without_boxes_the_extent_of_the_landmarks_is_the_size():
    small, large = (make_track(size=size, boxes=False) for size in (50, 100))
    assert chosen("largest", small, large) == [1]
    signs = make_track(signs=0.4, size=60, boxes=False)
    assert chosen("active", large, signs) == [1]


def test_an_unknown_policy_is_named():
    with pytest.raises(ExtractionError) as error:
        chosen("nearest", make_track())
    assert str(error.value) == "signer is 'nearest'; give largest, active, all"


def test_a_choice_says_what_else_there_was():
    tracks = make_track(signs=0.4, frames=range(60)), make_track(x=900)
    (choice,) = choose_signers(tracks, "active", MEDIAPIPE_75, fps=FPS, n_frames=N_FRAMES)
    assert (choice.track is tracks[0], choice.n_others, choice.n_switches) == (True, 1, 0)
    assert choice.missing_share == pytest.approx(0.2)


def joined(first: Track, second: Track) -> Track:
    """One track that is wrongly made of two people."""
    frames = np.concatenate([first.frames, second.frames])
    parts = (
        np.concatenate([getattr(track, name) for track in (first, second)])
        for name in ("coords", "confidence", "boxes")
    )
    return Track(frames, *parts)


@pytest.mark.parametrize(
    ("track", "n_switches"),
    [
        (make_track(signs=0.4, jitter=0.02), 0),
        (make_track(x=0, walks=10), 0),
        (joined(make_track(frames=range(30)), make_track(x=600, frames=range(30, 75))), 1),
        (joined(make_track(frames=range(30)), make_track(x=420, frames=range(55, 75))), 0),
        (joined(make_track(frames=range(30)), make_track(x=1200, frames=range(55, 75))), 1),
    ],
    ids=["stands", "walks", "jumps", "moves unseen", "jumps unseen"],
)
def test_a_switch_is_a_way_that_no_body_goes(track, n_switches):
    assert count_switches(track, MEDIAPIPE_75, fps=FPS) == n_switches


def test_shoulders_that_drift_out_of_their_own_box_are_a_switch():
    stays, drifts = make_track(), make_track(walks=6)
    track = Track(stays.frames, drifts.coords, drifts.confidence, stays.boxes)
    assert count_switches(track, MEDIAPIPE_75, fps=FPS) == 1
