import pytest
import torch

from signkit.encode.augment import Augment, mirror, resample
from signkit.sections import AugmentConfig
from signkit.skeletons import SKELETONS
from tests.tensors import padded, random_clips

BODY = SKELETONS["mediapipe-75"]
OFF = {
    "rotate_deg": (0.0, 0.0, 0.0), "scale": 0.0, "shear": 0.0, "mirror": 0.0, "speed": 0.0,
    "warp": 0.0, "frame_drop": 0.0, "hand_drop": 0.0, "landmark_noise": 0.0, "bone_stretch": 0.0,
}  # fmt: skip


def augmented(coords: torch.Tensor, **changes: object) -> tuple[torch.Tensor, torch.Tensor]:
    augment = Augment(BODY, AugmentConfig.model_validate({**OFF, **changes}))
    lengths = torch.full((len(coords),), coords.shape[1])
    generator = torch.Generator().manual_seed(3)
    return augment(coords, lengths, torch.ones_like(lengths), generator)


def test_with_everything_off_a_clip_stays_as_it_is():
    coords = random_clips(BODY)
    same, lengths = augmented(coords)
    torch.testing.assert_close(same, coords, equal_nan=True, atol=1e-3, rtol=0)
    assert lengths.tolist() == [12, 12, 12]


@pytest.mark.parametrize(
    "changes",
    [
        {"rotate_deg": (20.0, 0.0, 0.0)},
        {"rotate_deg": (0.0, 20.0, 0.0)},
        {"rotate_deg": (0.0, 0.0, 20.0)},
        {"scale": 0.3},
        {"shear": 0.3},
        {"mirror": 1.0},
        {"speed": 0.4},
        {"warp": 0.4},
        {"frame_drop": 0.8},
        {"hand_drop": 1.0},
        {"landmark_noise": 0.05},
        {"bone_stretch": 0.4},
    ],
)
def test_every_augmentation_changes_a_clip(changes):
    coords = random_clips(BODY, n_clips=8, n_frames=24, hidden=0.0)
    changed, _ = augmented(coords, **changes)
    same_shape = changed.shape == coords.shape
    assert not (same_shape and torch.allclose(changed, coords, atol=0.5, equal_nan=True))


def test_rotation_keeps_distances_and_is_the_same_in_every_frame():
    coords = random_clips(BODY, hidden=0.0)
    turned, _ = augmented(coords, rotate_deg=(20.0, 30.0, 20.0))
    before = (coords[:, :, 0] - coords[:, :, 5]).norm(dim=-1)
    after = (turned[:, :, 0] - turned[:, :, 5]).norm(dim=-1)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-2)


def test_mirroring_twice_gives_the_clip_back():
    coords = random_clips(BODY)
    permutation, nobody = (
        torch.as_tensor(BODY.mirror_permutation()),
        torch.tensor([], dtype=torch.long),
    )
    twice = mirror(mirror(coords, permutation, nobody), permutation, nobody)
    torch.testing.assert_close(twice, coords, equal_nan=True, atol=1e-3, rtol=0)


def test_mirroring_exchanges_the_hands():
    coords = random_clips(BODY)
    coords[:, :, BODY.part_indices("left_hand")] = torch.nan
    flipped, _ = augmented(coords, mirror=1.0)
    assert flipped[:, :, BODY.part_indices("right_hand")].isnan().all()
    assert not flipped[:, :, BODY.part_indices("left_hand")].isnan().all()


def test_mirroring_hides_landmarks_without_a_partner():
    isharah = SKELETONS["isharah-86"]
    augment = Augment(isharah, AugmentConfig.model_validate({**OFF, "mirror": 1.0}))
    coords = random_clips(isharah, hidden=0.0)
    lengths = torch.full((3,), 12)
    flipped, _ = augment(coords, lengths, lengths, torch.Generator().manual_seed(0))
    assert flipped[:, :, isharah.index("lips_185")].isnan().all()
    assert flipped.isnan().sum() == 3 * 12 * 2


def test_noise_has_the_stated_size():
    coords = random_clips(BODY, n_clips=1, n_frames=200, hidden=0.0)
    noisy, _ = augmented(coords, landmark_noise=0.05)
    centre = coords.flatten(1, 2).mean(dim=1)
    spread = (coords - centre)[..., :2].norm(dim=-1).mean()
    assert float((noisy - coords).std()) == pytest.approx(0.05 * float(spread), rel=0.1)


def test_a_faster_clip_keeps_its_first_and_last_frame():
    coords = random_clips(BODY, n_clips=6, n_frames=30, hidden=0.0)
    changed, lengths = augmented(coords, speed=0.5)
    assert len(set(lengths.tolist())) > 1
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(changed[row, 0], coords[row, 0], atol=1e-3, rtol=0)
        torch.testing.assert_close(changed[row, length - 1], coords[row, -1], atol=1e-3, rtol=0)
        assert changed[row, length:].isnan().all()


def test_no_clip_becomes_shorter_than_its_glosses_need():
    coords = random_clips(BODY, n_clips=16, n_frames=20)
    augment = Augment(BODY, AugmentConfig.model_validate({**OFF, "speed": 0.9}))
    lengths = torch.full((16,), 20)
    _, new = augment(coords, lengths, torch.full((16,), 17), torch.Generator().manual_seed(0))
    assert new.min() >= 17


def test_what_is_on_padding_stays_there():
    coords = padded(random_clips(BODY, hidden=0.0), 8)
    augment = Augment(BODY, AugmentConfig())
    lengths = torch.full((3,), 12)
    changed, new = augment(
        coords, lengths, torch.ones(3, dtype=torch.long), torch.Generator().manual_seed(5)
    )
    for row, length in enumerate(new.tolist()):
        assert changed[row, length:].isnan().all()


def test_resampling_reads_between_frames_and_keeps_the_unseen_unseen():
    coords = torch.tensor([0.0, 2.0, float("nan"), 6.0])[None, :, None, None]
    positions = torch.tensor([[0.0, 0.5, 1.25, 1.75, 3.0]])
    read = resample(coords, torch.tensor([4]), positions, torch.tensor([5])).flatten()
    assert read[[0, 1, 2, 4]].tolist() == [0.0, 1.0, 2.0, 6.0]
    assert read[3].isnan()
