import pytest
import torch

from signkit.sections import TrainConfig
from signkit.train.loader import ClipLoader, budget_batches, epoch_batches, make_examples
from signkit.vocabulary import Vocabulary
from tests.strokes import GLOSSES

CONFIG = TrainConfig(frames_per_batch=100, clips_per_batch=5)


@pytest.fixture
def examples(isolated):
    vocabulary = Vocabulary(GLOSSES, has_blank=False)
    return make_examples(isolated, list(isolated.clips), vocabulary, fps=25.0)


def test_an_epoch_holds_every_clip_exactly_once(examples):
    batches = epoch_batches(examples, CONFIG, epoch=3)
    ids = [example.clip.clip_id for batch in batches for example in batch]
    assert sorted(ids) == sorted(example.clip.clip_id for example in examples)


def test_no_batch_exceeds_its_budgets(examples):
    for batch in budget_batches(examples, CONFIG):
        assert len(batch) <= 5
        assert len(batch) * max(example.n_frames for example in batch) <= 100


def test_a_clip_longer_than_the_budget_is_a_batch_of_its_own(examples):
    tight = CONFIG.model_copy(update={"frames_per_batch": 5})
    assert [len(batch) for batch in budget_batches(examples, tight)] == [1] * len(examples)


def test_the_order_depends_on_seed_and_epoch_only(examples):
    def order(epoch: int, seed: int = 0) -> list[str]:
        config = CONFIG.model_copy(update={"seed": seed})
        batches = epoch_batches(examples, config, epoch=epoch)
        return [example.clip.clip_id for batch in batches for example in batch]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1) != order(1, seed=1)


def test_processes_share_an_epoch_without_overlap(examples):
    whole = epoch_batches(examples, CONFIG, epoch=0)
    shares = [epoch_batches(examples, CONFIG, epoch=0, rank=r, world=2) for r in range(2)]
    assert len(shares[0]) == len(shares[1]) == len(whole) // 2
    first, second = ({e.clip.clip_id for b in share for e in b} for share in shares)
    assert not first & second


def test_two_epochs_see_identical_inputs(isolated, examples):
    loader = ClipLoader(isolated, fps=25.0)
    first = loader.batch(examples[:4]).coords.clone()
    loader.batch(examples[:4])
    torch.testing.assert_close(loader.batch(examples[:4]).coords, first, equal_nan=True)


def test_a_small_cache_reads_the_same_clips_as_a_large_one(isolated, examples):
    small, large = ClipLoader(isolated, fps=25.0, cache_bytes=1), ClipLoader(isolated, fps=25.0)
    for example in examples:
        clip_id = example.clip.clip_id
        torch.testing.assert_close(small.coords(clip_id), large.coords(clip_id), equal_nan=True)
