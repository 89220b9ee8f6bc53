import numpy as np
import pytest
import torch

from signkit.decoding import DecoderConfig
from signkit.errors import RecognitionError
from signkit.recognize import decode
from signkit.recognize.decode import Decoder
from signkit.vocabulary import Vocabulary
from tests.recognize.reference import all_sequences, flat_lattice, peaky_lattice
from tests.recognize.table_model import TableModel

ABC = Vocabulary(("A", "B", "C"), has_blank=True)
GREEDY, BEAM = DecoderConfig(), DecoderConfig(decoder="beam")
BOTH = pytest.mark.parametrize("config", [GREEDY, BEAM], ids=["greedy", "beam"])


def lattice(steps: str, n_ids: int = 4) -> torch.Tensor:
    """(1, T', V) log probabilities that prefer the given ids, one digit a step."""
    logits = torch.zeros(1, len(steps), n_ids)
    for step, gloss_id in enumerate(steps):
        logits[0, step, int(gloss_id)] = 5.0
    return logits.log_softmax(dim=-1)


def best(log_probs, config, **options):
    [candidates] = decode(log_probs, [log_probs.shape[1]], config, ABC, **options)
    return candidates[0]


@BOTH
@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ("101", (1, 1)),  # a blank between: the gloss was signed twice
        ("11", (1,)),  # no blank between: one long gloss
        ("0110220", (1, 2)),
        ("000", ()),
        ("1221", (1, 2, 1)),
    ],
)
def test_what_is_sure_is_found(config, steps, ids):
    assert best(lattice(steps), config).ids == ids


@BOTH
def test_steps_and_confidence_are_those_of_each_gloss(config):
    log_probs = lattice("0110220")
    found = best(log_probs, config)
    assert found.steps == ((1, 3), (4, 6))
    sure = float(log_probs[0, 1, 1].exp())
    assert found.confidence == pytest.approx((sure, sure), abs=1e-6)


@BOTH
def test_confidence_is_the_mean_probability_before_any_bias(config):
    probabilities = torch.tensor([[[0.1, 0.9, 0.0, 0.0], [0.4, 0.6, 0.0, 0.0]]])
    found = best(probabilities.log(), DecoderConfig(decoder=config.decoder, blank_bias=2.0))
    assert (found.ids, found.steps) == ((1,), ((0, 2),))
    assert found.confidence == pytest.approx((0.75,), abs=1e-6)


@BOTH
def test_steps_beyond_a_length_are_never_looked_at(config):
    log_probs = lattice("0110220").repeat(3, 1, 1)
    log_probs[1, 4:] = torch.nan
    found = decode(log_probs, [7, 4, 0], config, ABC)
    assert [candidates[0].ids for candidates in found] == [(1, 2), (1,), ()]
    assert found[2][0].score == 0.0


@BOTH
def test_no_steps_at_all_and_no_clip_at_all(config):
    assert decode(torch.zeros(2, 0, 4), [0, 0], config, ABC)[1][0].ids == ()
    assert decode(torch.zeros(0, 5, 4), [], config, ABC) == []


@BOTH
def test_clips_come_back_in_their_order(config):
    rng = np.random.default_rng(0)
    lengths = [5, 30, 0, 17, 30]
    log_probs = torch.from_numpy(np.stack([peaky_lattice(rng, 30, 4) for _ in lengths]))
    together = decode(log_probs, lengths, config, ABC)
    for clip, length, found in zip(log_probs, lengths, together, strict=True):
        assert decode(clip[None, :length], [length], config, ABC) == [found]


def test_of_ids_that_are_equally_likely_greedy_takes_the_lowest():
    equal = torch.full((1, 3, 4), 0.25).log()
    assert best(equal, GREEDY).ids == ()
    equal[..., 0] = -torch.inf
    assert best(equal, GREEDY).ids == (1,)


def test_a_blank_bias_never_lowers_the_number_of_steps_that_show_a_gloss():
    """It may lower the number of glosses: `A blank A` is two of them, and `A A A` is one."""
    log_probs = torch.from_numpy(peaky_lattice(np.random.default_rng(2), 200, 4))[None]
    n_steps, n_glosses = [], []
    for blank_bias in (0.0, 2.0, 6.0, 10.0, 14.0):
        found = best(log_probs, DecoderConfig(blank_bias=blank_bias))
        n_steps.append(sum(end - first for first, end in found.steps))
        n_glosses.append(len(found.ids))
    assert n_steps == sorted(n_steps)
    assert n_steps[-1] > n_steps[0]
    assert n_glosses[1] >= n_glosses[0]
    torn = torch.tensor([[[0.1, 0.9, 0.0, 0.0], [0.6, 0.4, 0.0, 0.0], [0.1, 0.9, 0.0, 0.0]]]).log()
    assert best(torn, GREEDY).ids == (1, 1)
    assert best(torn, DecoderConfig(blank_bias=3.0)).ids == (1,)


@pytest.mark.parametrize("blank_bias", [0.0, 1.5, -1.0])
def test_with_bias_the_beam_is_exact_on_the_biased_lattice(blank_bias):
    log_probs = torch.from_numpy(flat_lattice(np.random.default_rng(4), 5, 4))[None]
    config = DecoderConfig(decoder="beam", beam=100, n_best=100, blank_bias=blank_bias)
    [found] = decode(log_probs, [5], config, ABC)
    biased = log_probs[0].numpy().copy()
    biased[:, 0] -= blank_bias
    exact = all_sequences(biased)[:20]
    assert [c.ids for c in found[:20]] == [ids for ids, _ in exact]
    assert [c.score for c in found[:20]] == pytest.approx([s for _, s in exact], abs=1e-4)


def test_a_length_bonus_finds_more_glosses():
    log_probs = torch.from_numpy(flat_lattice(np.random.default_rng(4), 12, 4))[None]
    lengths = [
        len(best(log_probs, DecoderConfig(decoder="beam", length_bonus=bonus)).ids)
        for bonus in (-5.0, 0.0, 5.0)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_the_language_model_decides_where_the_clip_does_not():
    model = TableModel(3)
    model.table[:] = np.log(0.05)
    model.table[1, 2] = np.log(0.85)  # C after A
    torn = lattice("01000")
    torn[0, 3] = torch.tensor([0.0, 0.0, 0.51, 0.49]).log()
    assert best(torn, BEAM).ids == (1, 2)
    fused = DecoderConfig(decoder="beam", lm="x.arpa", lm_weight=0.5)
    assert best(torn, fused, lm=model).ids == (1, 3)


@BOTH
def test_only_glosses_of_the_lexicon_are_found(config, tmp_path):
    lexicon = tmp_path / "glosses.txt"
    lexicon.write_text("C\nUNKNOWN\nA\n", encoding="utf-8")
    config = DecoderConfig(decoder=config.decoder, lexicon=str(lexicon))
    log_probs = lattice("0110220330")
    log_probs[0, 4:6, 3] += 3.0  # the next best where B would be
    found = best(log_probs, config)
    assert found.ids == (1, 3, 3)
    assert found.steps[0] == (1, 3)
    assert found.confidence[2] == pytest.approx(float(log_probs[0, 7, 3].exp()), abs=1e-6)


def test_language_model_and_lexicon_go_together(tmp_path):
    lexicon = tmp_path / "glosses.txt"
    lexicon.write_text("A C", encoding="utf-8")
    config = DecoderConfig(decoder="beam", lexicon=str(lexicon), lm="x.arpa", lm_weight=0.5)
    assert best(lattice("0110330"), config, lm=TableModel(2)).ids == (1, 3)


@pytest.mark.parametrize(
    ("text", "found"), [("", "no gloss"), ("X Y", "2 glosses (for instance 'X')")]
)
def test_a_lexicon_without_a_known_gloss_is_refused(tmp_path, text, found):
    lexicon = tmp_path / "glosses.txt"
    lexicon.write_text(text, encoding="utf-8")
    with pytest.raises(RecognitionError) as caught:
        Decoder(DecoderConfig(lexicon=str(lexicon)), ABC)
    assert str(caught.value) == (
        f"lexicon {lexicon} has {found}, and none that the run knows (for instance 'A'); write "
        "them as in the train split"
    )


def test_a_lexicon_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RecognitionError) as caught:
        Decoder(DecoderConfig(lexicon=str(tmp_path / "none.txt")), ABC)
    assert str(caught.value) == (
        f"lexicon {tmp_path / 'none.txt'} cannot be read as UTF-8 text; expected a file with the "
        "glosses that may be found, one a line"
    )


@BOTH
@pytest.mark.parametrize(
    ("value", "what"),
    [
        (torch.nan, "one is nan"),
        (torch.inf, "one is inf"),
        (-torch.inf, "every log probability is -inf"),
    ],
)
def test_log_probabilities_that_are_none_are_refused(config, value, what):
    log_probs = lattice("0110")
    log_probs[0, 2] = value
    with pytest.raises(RecognitionError) as caught:
        best(log_probs, config)
    assert str(caught.value) == (
        f"log probabilities cannot be decoded: at step 3 of 4 of a clip {what}, expected numbers "
        "of 0 or less; the run or its input is damaged"
    )


def test_a_language_model_that_was_not_loaded_is_asked_for():
    with pytest.raises(RecognitionError) as caught:
        Decoder(DecoderConfig(decoder="beam", lm="x.arpa", lm_weight=0.5), ABC)
    assert str(caught.value) == (
        "the decoder needs the language model x.arpa, but got none; load it with "
        "signkit.lm.read_arpa and hand it over as lm"
    )


def test_the_beam_lists_alternatives_from_good_to_bad():
    log_probs = torch.from_numpy(flat_lattice(np.random.default_rng(0), 20, 4))[None]
    [found] = decode(log_probs, [20], DecoderConfig(decoder="beam", n_best=4), ABC)
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)
    assert len({candidate.ids for candidate in found}) == 4
    assert [bool(candidate.steps) for candidate in found] == [True, False, False, False]


def test_without_times_the_same_is_found():
    log_probs = torch.from_numpy(peaky_lattice(np.random.default_rng(0), 40, 4))[None]
    [[timed, *_]] = decode(log_probs, [40], BEAM, ABC)
    [[untimed, *_]] = decode(log_probs, [40], BEAM, ABC, times=False)
    assert (untimed.ids, untimed.score, untimed.steps) == (timed.ids, timed.score, ())


def test_an_n_gram_model_of_signkit_steers_the_beam():
    from signkit.lm import estimate

    model = estimate([["A", "C"]] * 40 + [["B", "A"]] * 10 + [["A", "B", "C"]], order=2)
    torn = lattice("01000")
    torn[0, 3] = torch.tensor([0.0, 0.0, 0.55, 0.45]).log()
    config = DecoderConfig(decoder="beam", beam=50, n_best=50, lm="x.arpa", lm_weight=1.0)
    [found] = decode(torn, [5], config, ABC, model)
    assert found[0].ids == (1, 3)
    exact = dict(
        all_sequences(torn[0].numpy(), lambda ids: model.score(["ABC"[i - 1] for i in ids]))
    )
    for candidate in found[:10]:
        assert candidate.score == pytest.approx(exact[candidate.ids], abs=1e-3)
