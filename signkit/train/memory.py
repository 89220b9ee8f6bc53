"""When the memory of a device is full: smaller forward passes, not a dead run."""

import torch

from signkit.errors import TrainingError

_FULL = ("not enough memory", "can't allocate memory", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is full, on whatever device."""
    says_so = any(words in str(error).lower() for words in _FULL)  # every device's own words
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and says_so)


def smaller_pass(n_frames: int, *, is_alone: bool) -> int:
    """Padded frames that a pass may have, after one of `n_frames` did not fit.

    Raises:
        TrainingError: It was a clip alone.
    """
    if is_alone:
        raise TrainingError(
            f"memory is full with a single clip of {n_frames} frames; set train.precision=bf16, "
            "a lower data.fps, model.width or model.n_blocks, or split the longest clips"
        )
    return max(1, n_frames // 2)


def free_memory(device: torch.device) -> None:
    """Give back what is cached of earlier passes."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
