"""What the named profiles do is in `tests/conformance/wer.json`; here is the rest of them."""

from pathlib import Path

import pytest

from signkit.errors import ScoreError
from signkit.score.profiles import PROFILES, Profile, find_profile, read_profile

SENTENCE = ("loc-NORD", "A", "B", "__PU__", "WIE", "AUSSEHEN", "REGEN", "REGEN")


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_changes_nothing_that_it_has_changed_already(name: str) -> None:
    profile = find_profile(name)
    once = profile.apply(SENTENCE)
    assert profile.apply(once) == once


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_leaves_its_argument_alone(name: str) -> None:
    glosses = list(SENTENCE)
    find_profile(name).apply(glosses)
    assert glosses == list(SENTENCE)


def test_only_the_phoenix_profiles_merge_repeats() -> None:
    merging = [name for name in PROFILES if find_profile(name).apply(("X1", "X1")) == ("X1",)]
    assert merging == ["phoenix2014", "phoenix2014-hyp-only", "phoenix2014t"]


def test_merged_reference_glosses_are_counted() -> None:
    both, only = find_profile("phoenix2014"), find_profile("phoenix2014-hyp-only")
    references = [("REGEN", "REGEN"), ("REGEN", "__PU__", "REGEN", "loc-REGEN"), ("SONNE",)]
    assert both.note(references).n_merged == 3  # dropping a mark is not merging
    assert only.note(references).n_merged == 0
    assert only.reference(references[0]) == ("REGEN", "REGEN")


def test_all_that_is_done_is_told() -> None:
    text = find_profile("phoenix2014").text
    assert text.startswith("references and hypotheses: drop the prefixes loc-, cl-, qu-, poss-, ")
    for part in (
        "write SONNE for S0NNE",
        "__EPENTHESIS__",
        "WIE-AUSSEHEN",
        "RAUM after 2 capitals",
    ):
        assert part in text
    assert text.endswith("; merge adjacent equal glosses")
    assert find_profile("phoenix2014t").text.startswith("hypotheses only: ")
    assert find_profile("none").text == "glosses stay as they are"


@pytest.mark.parametrize(
    ("gloss", "clean"),
    [
        ("S0NNE-PLUSPLUS", "SONNE"),  # a spelling is mended wherever it stands
        ("loc-HABEN2", "HABEN"),
        ("NORDRAUM-PLUSPLUS", "NORD"),  # one ending before the other
        ("cl-loc-SUEDRAUM-PLUSPLUS", "SUED"),
        ("loc-", ""),
    ],
)
def test_several_marks_of_one_gloss_all_go(gloss: str, clean: str) -> None:
    assert " ".join(find_profile("phoenix2014").apply((gloss,))) == clean


def test_what_stands_for_no_gloss_is_no_characters() -> None:
    assert find_profile("none", level="char").apply(("AB", "<unk>")) == ("A", "B", "<unk>")


def test_characters_can_be_counted_after_any_profile() -> None:
    profile = find_profile("csl-daily", level="char")
    assert profile.name == "csl-daily-char/1"
    assert profile.apply(("他们", "好")) == ("他", "们", "好")
    assert find_profile("csl-daily-char", level="char") is PROFILES["csl-daily-char"]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = written(
        tmp_path / "mine.toml",
        """
        [[step]]
        drop = ["PAUSE"]
        [[step]]
        replace = "THANK YOU"
        by = "THANK-YOU"
        [[step]]
        nfc = true
        [[step]]
        merge = true
        """,
    )
    profile = find_profile(str(path))
    assert profile.apply(("THANK", "PAUSE", "YOU", "THANK-YOU", "E\u0301")) == ("THANK-YOU", "É")
    assert profile.text == (
        "references and hypotheses: drop PAUSE; replace 'THANK YOU' by 'THANK-YOU'; Unicode normal "
        "form C; merge adjacent equal glosses"
    )
    name, _, digest = profile.name.partition("/")
    assert (name, len(digest)) == ("mine", 8)
    assert read_profile(path) == profile


def test_other_steps_have_another_name(tmp_path: Path) -> None:
    one = read_profile(written(tmp_path / "p.toml", "[[step]]\nmerge = true\n"))
    other = read_profile(written(tmp_path / "p.toml", "hyp_only = true\n[[step]]\nmerge = true\n"))
    assert one.name != other.name
    assert other.is_hyp_only


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no steps; expected [[step]] tables, and perhaps hyp_only = true"),
        (
            "merge = true",
            "has 'merge'; expected [[step]] tables, and perhaps hyp_only = true",
        ),
        (
            "[[step]]\nreplace = 'A'",
            "step 1 is {'replace': 'A'}; expected replace = \"OLD\" with by = \"NEW\", drop = "
            '["GLOSS"], merge = true or nfc = true',
        ),
        (
            "[[step]]\nmerge = true\n[[step]]\ndrop = ['A B']",
            "step 2 is {'drop': ['A B']}; expected replace = \"OLD\" with by = \"NEW\", drop = "
            '["GLOSS"], merge = true or nfc = true',
        ),
        (
            "[[step]]\nmerge = false",
            'step 1 is {\'merge\': False}; expected replace = "OLD" with by = "NEW", drop = '
            '["GLOSS"], merge = true or nfc = true',
        ),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path / "p.toml", text)
    with pytest.raises(ScoreError) as caught:
        find_profile(str(path))
    assert str(caught.value) == f"{path} {message}"


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoreError) as caught:
        find_profile("phoenix")
    assert str(caught.value) == (
        f"there is no gloss profile 'phoenix'; expected one of {', '.join(PROFILES)}, or a file "
        "NAME.toml"
    )
    with pytest.raises(ScoreError, match=r"no gloss profile at .*none.toml; expected a TOML file"):
        find_profile(str(tmp_path / "none.toml"))
    with pytest.raises(ScoreError, match="is not TOML: "):
        find_profile(str(written(tmp_path / "p.toml", "[[")))
    with pytest.raises(ScoreError, match="there is no level 'word'; expected gloss or char"):
        find_profile("none", level="word")


def test_nothing_is_done_by_default() -> None:
    assert find_profile("none") == Profile("none")
    assert find_profile("none").apply(SENTENCE) == SENTENCE
