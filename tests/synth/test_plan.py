from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from signkit.errors import DatasetError
from signkit.synth.plan import CorpusSettings, plan_corpus

SETTINGS = CorpusSettings("isolated", 4, 10, 80, True, 0, 25.0, 480, 360)


def test_every_gloss_is_signed_as_often_by_every_signer():
    counts = Counter((p.clip.signer, p.clip.glosses) for p in plan_corpus(SETTINGS).clips)
    assert len(counts) == 40
    assert set(counts.values()) == {2}


def test_short_corpus_still_holds_every_gloss():
    plan = plan_corpus(replace(SETTINGS, n_clips=12))
    assert len({p.clip.glosses for p in plan.clips}) == 10


def test_clip_ids_are_unique_and_seeds_too():
    plan = plan_corpus(SETTINGS)
    assert len({p.clip.clip_id for p in plan.clips}) == 80
    assert len({p.performance.seed for p in plan.clips}) == 80


def test_signers_share_most_sentences_and_keep_some():
    plan = plan_corpus(replace(SETTINGS, mode="continuous", n_clips=160, n_glosses=20))
    signers: dict[tuple[str, ...], set[str]] = {}
    for planned in plan.clips:
        signers.setdefault(planned.clip.glosses, set()).add(planned.clip.signer)
    shared = [names for names in signers.values() if len(names) == 4]
    own = [names for names in signers.values() if len(names) == 1]
    assert len(shared) == 30
    assert len(own) == 40
    assert all(2 <= len(glosses) <= 5 for glosses in signers)


def test_some_sentences_repeat_a_gloss():
    plan = plan_corpus(replace(SETTINGS, mode="continuous", n_clips=400, n_glosses=20))
    sentences = [p.clip.glosses for p in plan.clips]
    repeats = sum(any(a == b for a, b in pairwise(s)) for s in sentences)
    assert 0.05 < repeats / len(sentences) < 0.4


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("mode", "spoken"), ("n_signers", 0), ("n_clips", 0), ("seed", -1), ("fps", 0.0),
        ("width_px", 481),
        ("height_px", 16), ("n_glosses", 1),
    ],
)  # fmt: skip
def test_impossible_setting_is_named_in_one_line(setting, value):
    with pytest.raises(DatasetError, match="expected") as caught:
        plan_corpus(replace(SETTINGS, **{setting: value}))
    assert "\n" not in str(caught.value)
