from collections import Counter
from dataclasses import replace

import pytest

from signkit.clip import Clip
from signkit.partition import carve_dev, fraction, lost_glosses, pick_clips, pick_groups
from tests.factories import make_clips

SENTENCES = ("HELLO", "EAT", "HOME", "TEA")


def sentences_of(clips: list[Clip]) -> dict[str, str]:
    return {clip.clip_id: " ".join(clip.glosses) for clip in clips}


def test_fractions_are_the_same_everywhere() -> None:
    assert fraction(0, "ann") == 0.4076553286762153
    assert fraction(1, "ann") != fraction(0, "ann")
    values = [fraction(0, str(i)) for i in range(2000)]
    assert all(0 <= value < 1 for value in values)
    assert sum(values) / len(values) == pytest.approx(0.5, abs=0.03)


def test_groups_come_near_the_target() -> None:
    sizes = {f"signer-{i}": 10 for i in range(10)}
    for seed in range(20):
        assert len(pick_groups(sizes, target=20, seed=seed)) == 2


def test_one_group_is_always_taken_and_one_always_stays() -> None:
    sizes = {"ann": 50, "ben": 50}
    assert len(pick_groups(sizes, target=1, seed=0)) == 1
    assert len(pick_groups(sizes, target=99, seed=0)) == 1


def test_clips_are_spread_evenly_over_equal_sentences() -> None:
    clips = make_clips(sentences=SENTENCES, signers=["ann"], n_takes=20)
    chosen = pick_clips(sentences_of(clips), n_clips=8, seed=0)
    assert Counter(clip.glosses for clip in clips if clip.clip_id in chosen) == {
        (sentence,): 2 for sentence in SENTENCES
    }


def test_the_order_of_the_clips_does_not_matter() -> None:
    clips = make_clips(n_takes=5)
    table, turned = sentences_of(clips), sentences_of(clips[::-1])
    assert pick_clips(table, n_clips=9, seed=3) == pick_clips(turned, n_clips=9, seed=3)
    assert carve_dev(clips, seed=3) == carve_dev(clips[::-1], seed=3)
    assert pick_clips(table, n_clips=9, seed=3) != pick_clips(table, n_clips=9, seed=4)


def test_no_gloss_loses_its_last_training_clip() -> None:
    clips = make_clips(sentences=("A B", "B C", "D"), signers=["ann"], n_takes=1)
    assert pick_clips(sentences_of(clips), n_clips=3, seed=0) == set()
    pairs = make_clips(n_takes=2, signers=["ann"])
    for seed in range(10):
        chosen = pick_clips(sentences_of(pairs), n_clips=8, seed=seed)
        assert len(chosen) == 4
        assert not lost_glosses(pairs, chosen)


def test_dev_takes_whole_sessions_where_there_are_some() -> None:
    clips = [
        replace(clip, clip_id=f"{clip.clip_id}-{day}", session=str(day))
        for day in range(10)
        for clip in make_clips(signers=["ann", "ben"], n_takes=1)
    ]
    dev = carve_dev(clips)
    sessions = {(c.signer, c.session) for c in clips if c.clip_id in dev}
    assert dev == {c.clip_id for c in clips if (c.signer, c.session) in sessions}
    assert 0.03 * len(clips) <= len(dev) <= 0.2 * len(clips)


def test_dev_takes_whole_signers_where_there_are_enough() -> None:
    clips = make_clips(signers=[f"signer-{i}" for i in range(8)])
    dev = carve_dev(clips)
    assert len({clip.signer for clip in clips if clip.clip_id in dev}) == 1
    assert len(dev) == 8


def test_dev_takes_single_clips_of_few_signers() -> None:
    clips = make_clips(signers=["ann", "ben"], n_takes=10)
    dev = carve_dev(clips)
    assert len(dev) == 8
    assert len({clip.signer for clip in clips if clip.clip_id in dev}) == 2


def test_dev_takes_single_clips_when_a_session_alone_has_a_gloss() -> None:
    clips = [
        Clip(f"{day}-{gloss}-{take}", glosses=(gloss,), session=str(day))
        for day, gloss in enumerate(SENTENCES)
        for take in range(10)
    ]
    dev = carve_dev(clips)
    assert len(dev) == 4
    assert not lost_glosses(clips, dev)


def test_dev_takes_single_clips_when_a_session_signs_only_one_gloss() -> None:
    clips = [
        Clip(f"{day}-{take}", glosses=(SENTENCES[day % 4],), session=str(day))
        for day in range(12)
        for take in range(5)
    ]
    dev = carve_dev(clips)
    assert len({clip.glosses for clip in clips if clip.clip_id in dev}) == 4


def test_a_share_moves_the_size() -> None:
    clips = make_clips(signers=["ann"], n_takes=25)
    assert len(carve_dev(clips, share=0.3)) == 30
