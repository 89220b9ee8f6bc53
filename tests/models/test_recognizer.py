import pytest
import torch

from signkit.models.heads import CTCHead
from signkit.models.recognizer import Recognizer, shortest_clip
from signkit.recipe import Recipe, parse_recipe
from signkit.skeletons import SKELETONS
from signkit.vocabulary import Vocabulary
from tests.tensors import padded, random_clips

BODY = SKELETONS["mediapipe-75"]


def make_recipe(task: str, **model: object) -> Recipe:
    small = {"width": 16, "n_blocks": 2, "n_heads": 2, "kernel_size": 5}
    return parse_recipe({"task": task, "model": {**small, **model}})


def make_recognizer(task: str, **model: object) -> Recognizer:
    torch.manual_seed(0)
    vocabulary = Vocabulary(("A", "B", "C"), has_blank=task == "continuous")
    recognizer = Recognizer(make_recipe(task, **model), BODY, vocabulary, fps=25.0)
    recognizer.encoder.fit([random_clips(BODY, seed=7)])
    return recognizer.eval()


@pytest.mark.parametrize("body", ["transformer", "conformer"])
@pytest.mark.parametrize("subsampling", [1, 2, 4])
@pytest.mark.parametrize("task", ["isolated", "continuous"])
def test_a_clip_alone_gives_what_it_gives_in_a_padded_batch(task, subsampling, body):
    model = make_recognizer(task, body=body, subsampling=subsampling)
    coords = random_clips(BODY, n_clips=1, n_frames=13)
    alone = model(coords, torch.ones(1, 13, dtype=torch.bool))
    others = random_clips(BODY, n_clips=2, n_frames=22, seed=5)
    batch = torch.cat([padded(coords, 9), others])
    lengths = torch.tensor([13, 22, 17])
    together = model(batch, torch.arange(22)[None] < lengths[:, None])
    assert together.lengths[0] == alone.lengths[0]
    n_steps = int(alone.lengths[0])
    torch.testing.assert_close(
        together.values[0, :n_steps], alone.values[0, :n_steps], atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize(("task", "n_logits"), [("isolated", 3), ("continuous", 4)])
def test_there_is_one_logit_a_gloss_and_one_for_the_blank(task, n_logits):
    coords = random_clips(BODY)
    logits = make_recognizer(task)(coords, torch.ones(coords.shape[:2], dtype=torch.bool))
    assert logits.values.shape[-1] == n_logits


def test_frames_beyond_a_clips_length_emit_nothing():
    model = make_recognizer("continuous")
    coords = padded(random_clips(BODY, n_clips=1, n_frames=6), 20)
    logits = model(coords, torch.arange(26)[None] < 6)
    [ids] = CTCHead.decode(logits)
    assert len(ids) <= 6


def test_gradients_reach_every_parameter():
    model = make_recognizer("continuous").train()
    coords = random_clips(BODY)
    model(coords, torch.ones(coords.shape[:2], dtype=torch.bool)).values.square().mean().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None]
    assert without == []


@pytest.mark.parametrize(
    ("target", "subsampling", "frames"),
    [([1], 1, 1), ([1, 2, 3], 1, 3), ([1, 1], 1, 3), ([1, 2, 2, 2], 2, 11)],
)
def test_the_shortest_clip_for_ctc_counts_glosses_and_repeats(target, subsampling, frames):
    assert shortest_clip(target, subsampling) == frames
    n_steps = -(-frames // subsampling)
    log_probs = torch.zeros(n_steps, 1, 5).log_softmax(-1)
    lengths = torch.tensor([n_steps]), torch.tensor([len(target)])
    loss = torch.nn.functional.ctc_loss(log_probs, torch.tensor([target]), *lengths)
    assert loss.isfinite()
    if n_steps > 1:
        shorter = torch.tensor([n_steps - 1]), lengths[1]
        assert torch.nn.functional.ctc_loss(log_probs[1:], torch.tensor([target]), *shorter).isinf()
