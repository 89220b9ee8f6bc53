"""Everybody followed through a clip: boxes between key frames, gaps, and what waits for what."""

import weakref

import numpy as np
import pytest

from signkit.extract.people import follow_people
from tests.extract.stage import CARD_PX, CardDetector, CardPoser, Play


def follow(play: Play, *, every: int = 5, needs_person: bool = False):
    detector, poser = CardDetector(), CardPoser(needs_person=needs_person)
    tracks = follow_people(play, detector=detector, poser=poser, detect_every=every)
    return tracks, detector, poser


def test_between_key_frames_boxes_and_landmarks_go_with_the_person():
    (track,), _, _ = follow(Play(26, red=lambda n: 10 + 2 * n))
    left = 10 + 2 * np.arange(26)
    assert track.frames.tolist() == list(range(26))
    np.testing.assert_allclose(track.boxes[:, 0], left, atol=0.5)
    np.testing.assert_allclose(track.coords[:, 0, 0], left + CARD_PX / 2)
    assert (track.boxes.dtype, track.coords.dtype) == (np.float32, np.float32)


def test_after_the_last_key_frame_a_box_is_held_to_the_end_of_the_clip():
    (track,), _, _ = follow(Play(24, red=lambda n: 10 + n))
    assert track.frames[-1] == 23
    assert (track.boxes[20:, 0] == 30).all()


def test_a_clip_without_people_has_no_tracks_and_asks_no_poser():
    tracks, _, poser = follow(Play(12))
    assert (tracks, poser.calls) == ([], [])


def test_who_leaves_has_neither_box_nor_landmarks():
    (stays, leaves), _, _ = follow(
        Play(60, red=lambda n: 20, blue=lambda n: 100 if n <= 25 else None)
    )
    assert stays.frames.tolist() == list(range(60))
    assert leaves.frames.tolist() == list(range(26))


@pytest.mark.parametrize(("last_away", "n_tracked"), [(30, 80), (50, 80 - 44)])
def test_a_gap_is_bridged_only_up_to_a_second(last_away, n_tracked):
    def comes_and_goes(frame: int) -> float | None:
        return None if 11 <= frame <= last_away else 60

    (track,), _, _ = follow(Play(80, red=comes_and_goes))
    assert len(track.frames) == n_tracked


def test_in_a_bridged_gap_with_nobody_there_are_no_landmarks():
    (track,), _, _ = follow(Play(50, red=lambda n: None if 11 <= n <= 24 else 60))
    seen = track.confidence.any(axis=1)
    assert (np.flatnonzero(~seen) == np.arange(11, 25)).all()
    assert np.isnan(track.coords[~seen]).all()


@pytest.mark.parametrize(("n_frames", "n_people"), [(40, 0), (1, 1), (5, 1)])
def test_a_person_in_one_key_frame_is_a_fault_unless_the_clip_has_no_more(n_frames, n_people):
    tracks, _, _ = follow(Play(n_frames, red=lambda n: 60 if n < 5 else None))
    assert len(tracks) == n_people


def test_every_crop_goes_to_the_poser_once_and_in_batches():
    tracks, detector, poser = follow(Play(81, red=lambda n: 20, blue=lambda n: 100))
    crops = [crop for call in poser.calls for crop in call]
    assert detector.n_images == [8, 8, 1]
    assert len(crops) == 2 * 81 == sum(len(track.frames) for track in tracks)
    assert list(map(len, poser.calls)) == [2 * 8, 2 * (36 - 8), 2 * 8, 2 * (40 - 8), 2, 2 * 4]


def test_a_poser_that_follows_people_gets_them_by_number_in_the_order_of_time():
    tracks, _, poser = follow(
        Play(100, red=lambda n: 20, blue=lambda n: 100 if 20 <= n <= 62 else None),
        needs_person=True,
    )
    crops = [crop for call in poser.calls for crop in call]
    assert crops == sorted(crops)
    for person, track in enumerate(tracks):
        times_s = [time_s for time_s, number in crops if number == person]
        np.testing.assert_allclose(times_s, track.frames / Play.fps)


class Stubborn(CardDetector):
    """Sees the one behind, too, where nobody could."""

    def __call__(self, images):
        behind, before = [58, 28, 84, 90, 0.5], [60, 30, 84, 90, 0.9]
        return [np.array([behind, before], np.float32) for _ in images]


def test_who_is_hidden_does_not_get_the_landmarks_of_who_stands_in_front():
    play = Play(20, red=lambda n: 60, blue=lambda n: 60)
    hidden, before = follow_people(play, detector=Stubborn(), poser=CardPoser(), detect_every=5)
    assert np.isnan(hidden.coords).all()
    assert not hidden.confidence.any()
    assert np.isfinite(before.coords).all()


def test_a_box_that_misses_its_person_between_key_frames_is_looked_for_again():
    def hops(frame: int) -> float:
        return 40 if frame % 10 == 0 else 58

    (track,), detector, _ = follow(Play(41, red=hops), every=10)
    np.testing.assert_allclose(track.coords[:, 0, 0], [hops(n) + 12 for n in range(41)])
    np.testing.assert_allclose(track.boxes[:, 0], [hops(n) for n in range(41)])
    assert sum(detector.n_images) == 41


class Counted(Play):
    """Counts how many pictures are alive at once."""

    alive = 0
    most_alive = 0

    def __iter__(self):
        for time_s, image in super().__iter__():
            self.alive += 1
            self.most_alive = max(self.most_alive, self.alive)
            weakref.finalize(image, self._forget)
            yield time_s, image

    def _forget(self) -> None:
        self.alive -= 1


def test_only_a_piece_of_a_long_clip_is_in_memory():
    play = Counted(600, red=lambda n: 20, blue=lambda n: None if 30 <= n <= 50 else 100)
    tracks = follow_people(play, detector=CardDetector(), poser=CardPoser(), detect_every=5)
    assert len(tracks[0].frames) == 600
    assert play.most_alive <= 2 * 8 * 5 + 25 + 5


def test_where_the_clip_is_cut_into_pieces_changes_nothing(monkeypatch):
    play = Play(90, red=lambda n: 10 + n, blue=lambda n: None if 32 <= n <= 48 else 100)
    whole, _, _ = follow(play)
    monkeypatch.setattr("signkit.extract.people.KEY_FRAMES", 1)
    pieces, _, _ = follow(play)
    for a, b in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(a.frames, b.frames)
        np.testing.assert_array_equal(a.coords, b.coords)
        np.testing.assert_array_equal(a.boxes, b.boxes)
