import numpy as np
import pytest

from signkit.clip import Clip
from signkit.report import OutOfVocabulary
from signkit.score.profiles import find_profile
from signkit.score.slices import (
    Train,
    group_masks,
    missing_by_gloss,
    missing_by_signer,
    out_of_vocabulary,
    train_of,
)

NOTHING = Train(frozenset(), frozenset(), None)


def clip(glosses: str, signer: str = "ann") -> Clip:
    return Clip(f"{signer}-{glosses}", glosses=tuple(glosses.split()), signer=signer)


def masks(clips: list[Clip], train: Train) -> dict[str, object]:
    return group_masks(clips, [c.glosses for c in clips], train)


@pytest.mark.parametrize(
    ("n", "name"),
    [(0, "0"), (1, "1"), (2, "2-3"), (3, "2-3"), (4, "4-5"), (5, "4-5"), (6, "6-8"), (8, "6-8"),
     (9, "9-12"), (12, "9-12"), (13, "13+"), (400, "13+")],
)  # fmt: skip
def test_every_length_has_one_slice(n: int, name: str) -> None:
    found = masks([clip(" ".join(["A"] * n))], NOTHING)["by_length"]
    assert list(found) == [name]  # type: ignore[call-overload]


def test_what_is_seen_and_what_is_not_are_all_clips_where_train_is_known() -> None:
    clips = [clip("A B"), clip("A C"), clip("B", "ben")]
    found = masks(clips, train_of([clip("A B")], None, tuple))
    for seen, unseen, expected in (
        ("seen_sentences", "unseen_sentences", [True, False, False]),
        ("seen_signers", "unseen_signers", [True, True, False]),
        ("without_oov", "with_oov", [True, False, True]),
    ):
        np.testing.assert_array_equal(found[seen], expected)
        np.testing.assert_array_equal(found[unseen], ~np.array(expected))


def test_what_is_not_known_is_in_neither_slice() -> None:
    found = masks([clip("A", ""), clip("B", "ann")], NOTHING)
    for name in ("seen_sentences", "unseen_signers", "with_oov", "without_oov"):
        assert not np.any(found[name])  # type: ignore[arg-type]
    known = masks([clip("A", ""), clip("B", "ann")], train_of([clip("A")], None, tuple))
    np.testing.assert_array_equal(known["seen_signers"], [False, True])
    np.testing.assert_array_equal(known["unseen_signers"], [False, False])


def test_each_unknown_token_is_an_error_at_least() -> None:
    train = train_of([clip("A B")], None, tuple)
    references = [("A", "X"), ("X", "Y"), ("B",)]
    assert out_of_vocabulary(references, train) == OutOfVocabulary(2, 3, 3 / 5)
    assert out_of_vocabulary(references, NOTHING) is None
    assert out_of_vocabulary([()], train) is None


def test_the_recognizers_glosses_go_before_those_of_train() -> None:
    assert train_of([clip("A B")], ["A"], tuple).glosses == {"A"}
    assert train_of([], ["A"], tuple).glosses == {"A"}
    assert train_of([], None, tuple).glosses is None


def test_a_profile_that_joins_glosses_makes_known_ones_of_known_sentences() -> None:
    def joined(glosses: object) -> tuple[str, ...]:
        return ("+".join(glosses),)  # type: ignore[arg-type]

    found = train_of([clip("A B"), clip("A C")], ["A", "B"], joined)
    assert found.glosses == {"A", "B", "A+B"}
    assert found.sentences == {("A+B",), ("A+C",)}


def test_whoever_can_say_the_parts_can_say_what_a_profile_joins() -> None:
    """No floor under the rate may be told that a recognizer can go below."""
    profile = find_profile("phoenix2014")
    references = [("loc-A", "B", "C"), ("WIE", "AUSSEHEN"), ("A", "X")]
    found = train_of(
        [clip("A B"), clip("C WIND AUSSEHEN"), clip("WIE MORGEN")],
        None,
        profile.reference,
        references,
    )
    after = [profile.reference(glosses) for glosses in references]
    assert after == [("A+B+C",), ("WIE-AUSSEHEN",), ("A+X",)]
    assert out_of_vocabulary(after, found) == OutOfVocabulary(1, 1, 1 / 3)


def test_a_train_split_without_labels_is_not_known() -> None:
    train = train_of([clip(""), clip("", "ben")], None, tuple)
    assert train.glosses is None
    assert not train.is_known
    assert train_of([clip(""), clip("A")], None, tuple).sentences == {("A",)}


def test_missing_clips_are_counted_by_signer_and_gloss() -> None:
    clips = [clip("A B"), clip("A", ""), clip("C")]
    missing = [clips[0].clip_id, clips[1].clip_id]
    references = {c.clip_id: c.glosses for c in clips}
    assert missing_by_signer(clips, missing) == {"ann": 1, "unknown": 1}
    assert missing_by_gloss(references, missing) == {"A": 2, "B": 1}
