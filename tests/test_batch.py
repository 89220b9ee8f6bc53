import pytest
import torch

from signkit.batch import Batch, collate, twice
from signkit.errors import PoseError


def test_shorter_clips_are_padded_with_unseen_frames() -> None:
    clips = [torch.zeros(2, 5, 3), torch.zeros(4, 5, 3)]
    batch = collate(clips, [[3], [1, 2]], fps=25.0, clip_ids=["a", "b"])
    assert batch.coords.shape == (2, 4, 5, 3)
    assert batch.is_frame.tolist() == [[True, True, False, False], [True] * 4]
    assert torch.isnan(batch.coords[0, 2:]).all()
    assert not torch.isnan(batch.coords[0, :2]).any()
    assert batch.targets.tolist() == [[3, 0], [1, 2]]
    assert batch.target_lengths.tolist() == [1, 2]
    assert batch.clip_ids == ("a", "b")


def test_clips_without_labels_have_empty_targets() -> None:
    batch = collate([torch.zeros(1, 5, 3)], [[]], fps=25.0, clip_ids=["a"])
    assert batch.targets.shape == (1, 0)


def test_moving_keeps_the_values() -> None:
    batch = collate([torch.ones(1, 5, 3)], [[1]], fps=25.0, clip_ids=["a"])
    moved = batch.to(torch.device("cpu"))
    assert torch.equal(moved.coords, batch.coords)
    assert moved.fps == 25.0


def test_selected_clips_keep_what_is_theirs() -> None:
    clips = [torch.full((n, 5, 3), float(n)) for n in (2, 4, 3)]
    batch = collate(clips, [[1], [2, 3], []], fps=25.0, clip_ids=["a", "b", "c"])
    chosen = batch.select([2, 0])
    assert chosen.clip_ids == ("c", "a")
    assert chosen.lengths.tolist() == [3, 2]
    assert chosen.targets.tolist() == [[0, 0], [1, 0]]
    assert chosen.target_lengths.tolist() == [0, 1]
    assert chosen.coords[0, 0, 0, 0] == 3.0


def test_the_second_view_follows_the_first() -> None:
    batch = twice(collate([torch.ones(2, 5, 3)] * 2, [[1], [2]], fps=25.0, clip_ids=["a", "b"]))
    assert batch.clip_ids == ("a", "b", "a", "b")
    assert batch.targets.tolist() == [[1], [2], [1], [2]]
    assert len(batch.coords) == len(batch.lengths) == 4


def test_lengths_must_fit() -> None:
    one = torch.zeros(1, dtype=torch.long)
    with pytest.raises(PoseError) as caught:
        Batch(torch.zeros(2, 3, 5, 3), one, 25.0, one[None], one, ("a",))
    assert str(caught.value) == (
        "a batch needs (B, T, L, C) coords and (B,) lengths, got (2, 3, 5, 3) and (1,)"
    )
