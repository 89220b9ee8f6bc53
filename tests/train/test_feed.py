import threading

import pytest

from signkit.train.feed import AHEAD, Feed, made_ahead
from signkit.train.loader import ClipLoader, make_examples
from signkit.train.order import Visit
from signkit.vocabulary import Vocabulary
from tests.strokes import GLOSSES


def test_what_is_made_ahead_comes_in_order_from_another_thread():
    made = list(made_ahead(lambda i: (i, threading.get_ident()), range(20)))
    assert [i for i, _ in made] == list(range(20))
    assert threading.get_ident() not in {thread for _, thread in made}


def test_no_more_is_made_ahead_than_said():
    made = []
    items = made_ahead(made.append, range(100))
    for _ in range(3):
        next(items)
    items.close()
    assert 3 <= len(made) <= 3 + AHEAD


def test_what_goes_wrong_ahead_is_raised_where_it_is_wanted():
    def reciprocal(i: int) -> float:
        return 1 / i

    items = made_ahead(reciprocal, [2, 1, 0, 5])
    assert [next(items), next(items)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(items)


def test_a_share_holds_the_own_clips_in_passes(isolated):
    vocabulary = Vocabulary(GLOSSES, has_blank=False)
    examples = make_examples(isolated, list(isolated.clips), vocabulary, fps=25.0)[:6]
    update = [Visit(example, example.n_frames) for example in examples]
    share = Feed(ClipLoader(isolated, fps=25.0)).share(update, update[::2], max_frames=30)
    names = [name for one in share.passes for name in one.batch.clip_ids]
    assert names == [visit.example.clip.clip_id for visit in update[::2]]
    assert len(share.update) == 6
    for one in share.passes:
        assert one.n_frames == one.batch.coords.shape[0] * one.batch.coords.shape[1]
        assert one.n_frames <= 30 or len(one.batch.clip_ids) == 1
