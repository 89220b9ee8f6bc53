import math

import pytest
import torch

from signkit.models.heads import Logits
from signkit.train.evaluation import evaluate
from signkit.train.loader import make_examples
from signkit.train.losses import recognition_loss
from signkit.vocabulary import Vocabulary
from tests.train.engines import calm_recipe, ready


@pytest.fixture
def judge(tmp_path, continuous):
    """A function that evaluates clips, and the parts it works with."""
    made, processes = ready(calm_recipe("continuous"), continuous, tmp_path)

    def evaluated(examples, logits=None, **options):
        if logits is not None:
            made.engine.model.forward = logits
        return evaluate(
            made.engine.model,
            examples,
            made.feed,
            recipe=made.recipe,
            vocabulary=made.plan.vocabulary,
            processes=processes,
            **options,
        )

    return evaluated, made


def saying(*ids: int):
    """A recognizer that says the given ids, one a step, whatever it sees, with probability e / (e +
    V - 1).
    """

    def forward(coords, is_frame):
        values = torch.zeros(*coords.shape[:2], 5)
        for step, one in enumerate(ids):
            values[:, step, one] = 1.0
        values[:, len(ids) :, 0] = 1.0
        return Logits(values, is_frame.sum(dim=1))

    return forward


def test_errors_blanks_and_empty_hypotheses_are_counted(judge):
    evaluated, made = judge
    dev = made.plan.dev
    n_frames = sum(example.n_frames for example in dev)
    found = evaluated(dev, saying(1))  # CIRCLE at the first step, blank at all others
    n_ref = sum(len(example.target) for example in dev)
    hits = sum(1 in example.target for example in dev)
    assert found.wer == pytest.approx((n_ref - hits) / n_ref)
    assert found.blank == pytest.approx((n_frames - len(dev)) / n_frames)
    assert found.empty == 0.0
    nothing = evaluated(dev, saying())
    assert (nothing.wer, nothing.blank, nothing.empty) == (1.0, 1.0, 1.0)


def test_the_loss_is_a_mean_over_clips_whatever_the_batches(judge):
    evaluated, made = judge
    alone = [evaluated([example]).loss for example in made.plan.dev]
    assert evaluated(made.plan.dev).loss == pytest.approx(sum(alone) / len(alone), rel=1e-5)
    cut = evaluated(made.plan.dev, max_frames=60)
    assert cut.loss == pytest.approx(sum(alone) / len(alone), rel=1e-5)


def test_clips_with_unknown_glosses_count_as_errors_and_not_in_the_loss(judge, continuous):
    evaluated, _ = judge
    few = Vocabulary(("CIRCLE", "DOWN"), has_blank=True)
    examples = make_examples(continuous, list(continuous.clips), few, fps=25.0)
    known = [example for example in examples if example.target]
    assert 0 < len(known) < len(examples)
    assert evaluated(examples).loss == pytest.approx(evaluated(known).loss, rel=1e-5)
    assert evaluated([e for e in examples if not e.target]).loss is None
    assert evaluated(examples, saying()).wer == 1.0


def test_a_loss_that_overflows_is_none(judge):
    evaluated, made = judge

    def shouting(coords, is_frame):
        return Logits(torch.full((*coords.shape[:2], 5), math.inf), is_frame.sum(dim=1))

    assert evaluated(made.plan.dev, shouting).loss is None


def test_a_clip_too_short_for_ctc_leaves_the_loss_finite(judge):
    evaluated, made = judge
    short = made.plan.dev[0]

    def too_few_steps(coords, is_frame):
        logits = saying()(coords, is_frame)
        lengths = logits.lengths.clone()
        lengths[-1] = 0
        return Logits(logits.values, lengths)

    found = evaluated(made.plan.dev, too_few_steps)
    assert math.isfinite(found.loss)
    assert evaluated([short], too_few_steps).loss is None


def test_isolated_signs_have_no_blanks(tmp_path, isolated):
    made, processes = ready(calm_recipe("isolated"), isolated, tmp_path)
    found = evaluate(
        made.engine.model,
        made.plan.dev,
        made.feed,
        recipe=made.recipe,
        vocabulary=made.plan.vocabulary,
        processes=processes,
    )
    assert (found.blank, found.empty) == (None, None)
    batch = made.feed._batch(made.plan.dev)
    logits = made.engine.model.eval()(batch.coords, batch.is_frame)
    expected = recognition_loss(logits, batch, task="isolated", config=made.recipe.train)
    assert found.loss == pytest.approx(expected.item(), rel=1e-5)
