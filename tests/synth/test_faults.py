import numpy as np

from signkit.synth.faults import with_faults
from signkit.synth.truth import TRUTH_SKELETON
from tests.synth.test_truth import landmarks


def faulty(seed: int = 0):
    coords, confidence = landmarks(0, 1, 2, 3)
    return coords, *with_faults(coords, confidence, n_frames=[len(coords)], seeds=[(seed,)])


def test_jitter_is_small_beside_the_body():
    exact, coords, _ = faulty()
    shoulders = TRUTH_SKELETON.indices(["left_shoulder", "right_shoulder"])
    width = np.linalg.norm(exact[:, shoulders[0], :2] - exact[:, shoulders[1], :2], axis=-1)
    offset = np.linalg.norm((coords - exact)[..., :2], axis=-1) / width[:, None]
    assert 0.005 < np.nanmedian(offset) < 0.015


def test_a_hand_is_lost_as_a_whole_and_then_has_no_confidence():
    hand = TRUTH_SKELETON.part_indices("right_hand")
    for seed in range(20):
        _, coords, confidence = faulty(seed)
        lost = np.isnan(coords[:, hand, 0])
        assert (lost.all(axis=1) == lost.any(axis=1)).all()
        assert (confidence[:, hand][lost] == 0).all()


def test_faults_of_a_clip_do_not_depend_on_its_neighbours():
    coords, confidence = landmarks(0, 1)
    n_frames = len(coords)
    twice = np.concatenate([coords, coords]), np.concatenate([confidence, confidence])
    seeds = [(1,), (2,)]
    together, _ = with_faults(*twice, n_frames=[n_frames, n_frames], seeds=seeds)
    alone, _ = with_faults(coords, confidence, n_frames=[n_frames], seeds=[(2,)])
    assert np.array_equal(together[n_frames:], alone, equal_nan=True)
