import pytest
import torch

from signkit.train.loader import ClipLoader, make_examples
from signkit.vocabulary import Vocabulary
from tests.strokes import GLOSSES


@pytest.fixture
def examples(isolated):
    vocabulary = Vocabulary(GLOSSES, has_blank=False)
    return make_examples(isolated, list(isolated.clips), vocabulary, fps=25.0)


def test_two_epochs_see_identical_inputs(isolated, examples):
    loader = ClipLoader(isolated, fps=25.0)
    first = loader.batch(examples[:4]).coords.clone()
    loader.batch(examples[:4])
    torch.testing.assert_close(loader.batch(examples[:4]).coords, first, equal_nan=True)


@pytest.mark.parametrize("options", [{"cache_bytes": 1}, {"n_threads": 3}])
def test_neither_the_cache_nor_threads_change_what_is_read(isolated, examples, options):
    plain = ClipLoader(isolated, fps=25.0).batch(examples)
    other = ClipLoader(isolated, fps=25.0, **options).batch(examples)
    torch.testing.assert_close(other.coords, plain.coords, equal_nan=True)
    assert other.clip_ids == plain.clip_ids


def test_the_frames_of_an_example_are_those_that_are_read(isolated):
    vocabulary = Vocabulary(GLOSSES, has_blank=False)
    examples = make_examples(isolated, list(isolated.clips), vocabulary, fps=12.0)
    loader = ClipLoader(isolated, fps=12.0)
    for example in examples:
        assert len(loader.coords(example.clip.clip_id)) == example.n_frames


def test_a_clip_with_an_unknown_gloss_has_no_target(isolated):
    few = Vocabulary(("DOWN", "UP"), has_blank=False)
    examples = make_examples(isolated, list(isolated.clips), few, fps=25.0)
    for example in examples:
        assert bool(example.target) == (example.clip.glosses[0] in ("DOWN", "UP"))
