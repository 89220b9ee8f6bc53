"""A batch: several clips side by side, padded to the longest: what a recognizer sees at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from signkit.errors import PoseError

_TENSORS = ("coords", "lengths", "targets", "target_lengths")


@dataclass(frozen=True, eq=False)
class Batch:
    """B clips of up to T frames.

    Args:
        coords: (B, T, L, C) float32 source pixels, NaN where unseen and on padding.
        lengths: (B,) int64 frames of each clip, at least 1.
        fps: Frames per second of `coords`, the same for all clips.
        targets: (B, U) int64 gloss ids, padded with 0; (B, 0) when nothing is known.
        target_lengths: (B,) int64 glosses of each clip.
        clip_ids: B names.
    """

    coords: Tensor
    lengths: Tensor
    fps: float
    targets: Tensor
    target_lengths: Tensor
    clip_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        n_clips = self.coords.shape[0]
        if self.coords.ndim != 4 or self.lengths.shape != (n_clips,):
            raise PoseError(
                f"a batch needs (B, T, L, C) coords and (B,) lengths, got "
                f"{tuple(self.coords.shape)} "
                f"and {tuple(self.lengths.shape)}"
            )

    @property
    def is_frame(self) -> Tensor:
        """(B, T) True on real frames, False on padding."""
        frames = torch.arange(self.coords.shape[1], device=self.coords.device)
        return frames[None] < self.lengths[:, None]

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device; from pinned memory without waiting for the copy."""
        moved = {name: getattr(self, name).to(device, non_blocking=True) for name in _TENSORS}
        return replace(self, **moved)

    def pinned(self) -> "Batch":
        """The same batch in memory that an accelerator copies from by itself."""
        return replace(self, **{name: getattr(self, name).pin_memory() for name in _TENSORS})

    def select(self, rows: Sequence[int]) -> "Batch":
        """Only the given clips."""
        where = torch.tensor(rows, dtype=torch.long, device=self.coords.device)
        chosen = {name: getattr(self, name)[where] for name in _TENSORS}
        return replace(self, **chosen, clip_ids=tuple(self.clip_ids[row] for row in rows))


def collate(
    coords: Sequence[Tensor],
    targets: Sequence[Sequence[int]],
    *,
    fps: float,
    clip_ids: Sequence[str],
) -> Batch:
    """A batch from clips of (T, L, C) coordinates and their gloss ids."""
    ids = [torch.tensor(one, dtype=torch.long) for one in targets]
    return Batch(
        coords=pad_sequence(list(coords), batch_first=True, padding_value=float("nan")),
        lengths=torch.tensor([len(clip) for clip in coords]),
        fps=fps,
        targets=pad_sequence(ids, batch_first=True),
        target_lengths=torch.tensor([len(one) for one in targets]),
        clip_ids=tuple(clip_ids),
    )


def twice(batch: Batch) -> Batch:
    """Every clip two times: B clips, then the same B clips again."""
    return Batch(
        coords=batch.coords.repeat(2, 1, 1, 1),
        lengths=batch.lengths.repeat(2),
        fps=batch.fps,
        targets=batch.targets.repeat(2, 1),
        target_lengths=batch.target_lengths.repeat(2),
        clip_ids=batch.clip_ids * 2,
    )


def pack(
    lengths: Sequence[int], order: Sequence[int], *, max_frames: int, max_clips: int | None = None
) -> Iterator[list[int]]:
    """Batches of consecutive positions of `order`, as many as fit into `max_frames` padded frames.

    A clip longer than the budget is a batch of its own.
    """
    batch: list[int] = []
    longest = 0
    for i in order:
        longest = max(longest, lengths[i])
        if batch and (longest * (len(batch) + 1) > max_frames or len(batch) == max_clips):
            yield batch
            batch, longest = [], lengths[i]
        batch.append(i)
    if batch:
        yield batch


def pack_alike(lengths: Sequence[int], *, max_frames: int) -> Iterator[list[int]]:
    """Batches of clips of like length, the shortest first; see `pack`."""
    shortest_first = sorted(range(len(lengths)), key=lengths.__getitem__)
    return pack(lengths, shortest_first, max_frames=max_frames)
