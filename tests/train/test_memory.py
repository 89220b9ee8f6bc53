import pytest
import torch

from signkit.errors import TrainingError
from signkit.train.memory import is_out_of_memory, smaller_pass


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (MemoryError(), True),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate "
                "memory: you tried to allocate 400000000000 bytes."
            ),
            True,
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), False),
        (ValueError("out of memory"), False),
    ],
)  # fmt: skip
def test_full_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) is expected


def test_what_this_torch_says_when_memory_is_full_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(("n_frames", "expected"), [(800, 400), (801, 400), (1, 1)])
def test_a_pass_is_halved(n_frames, expected):
    assert smaller_pass(n_frames, is_alone=False) == expected


def test_a_clip_alone_cannot_be_halved():
    with pytest.raises(TrainingError) as caught:
        smaller_pass(900, is_alone=True)
    assert str(caught.value) == (
        "memory is full with a single clip of 900 frames; set train.precision=bf16, a lower "
        "data.fps, model.width or model.n_blocks, or split the longest clips"
    )
