"""Gloss profiles: what is done to glosses before they are counted. By default nothing.

A profile is a named, versioned list of steps; its name goes into every signature and its steps are
printed in full. The PHOENIX profiles follow the rules of that corpus' own evaluation as they are
told in words (drop the marks of location, classifier and the like, unify spellings, join spelled
letters, merge repeats); the script itself was not copied. In the field it runs on hypotheses only,
because the references of the corpus are clean already: `phoenix2014-hyp-only` and `phoenix2014t` do
so for parity with published numbers (which papers on PHOENIX-2014T did is unconfirmed), while
`phoenix2014` treats both sides alike. No profile but these merges repeats: in other corpora a sign
that is repeated is two signs.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from signkit.errors import ScoreError
from signkit.report import ProfileNote
from signkit.score.profile_steps import (
    Characters,
    Drop,
    DropPrefixes,
    DropSuffix,
    Glosses,
    JoinSpelled,
    Merge,
    Normalize,
    Replace,
    Respell,
    Step,
)

LEVELS = ("gloss", "char")


@dataclass(frozen=True)
class Profile:
    """Steps with a name.

    Args:
        name: For the signature, with a version where there is anything to do.
        steps: Done one after the other.
        is_hyp_only: Leave references as they are.
    """

    name: str
    steps: tuple[Step, ...] = ()
    is_hyp_only: bool = False

    def apply(self, glosses: Sequence[str]) -> Glosses:
        """The glosses after all steps; the argument stays as it is."""
        found = tuple(glosses)
        for step in self.steps:
            found = step(found)
        return found

    def reference(self, glosses: Sequence[str]) -> Glosses:
        """A reference after all steps that are meant for references."""
        return tuple(glosses) if self.is_hyp_only else self.apply(glosses)

    def n_merged(self, glosses: Sequence[str]) -> int:
        """How many glosses of a reference are removed as repeats."""
        if self.is_hyp_only:
            return 0
        found, n = tuple(glosses), 0
        for step in self.steps:
            after = step(found)
            n += len(found) - len(after) if isinstance(step, Merge) else 0
            found = after
        return n

    @property
    def text(self) -> str:
        """All of it, in words."""
        if not self.steps:
            return ProfileNote().steps
        sides = "hypotheses only" if self.is_hyp_only else "references and hypotheses"
        return f"{sides}: {'; '.join(step.text for step in self.steps)}"

    def note(self, references: Sequence[Sequence[str]]) -> ProfileNote:
        """What a report says about it."""
        return ProfileNote(self.name, self.text, sum(map(self.n_merged, references)))


_PHOENIX: tuple[Step, ...] = (
    DropPrefixes(("loc-", "cl-", "qu-", "poss-", "lh-")),
    Respell("S0NNE", "SONNE"),
    Respell("HABEN2", "HABEN"),
    Drop(frozenset({"__EMOTION__", "__PU__", "__LEFTHAND__", "__EPENTHESIS__"})),
    Replace("WIE AUSSEHEN", "WIE-AUSSEHEN"),
    Replace("ZEIGEN", "ZEIGEN-BILDSCHIRM"),
    JoinSpelled(),
    DropSuffix("-PLUSPLUS"),
    DropSuffix("RAUM", after_capitals=2),  # also that of NORDRAUM-PLUSPLUS
    Merge(),
)

PROFILES = {
    "none": Profile("none"),
    "nfc": Profile("nfc/1", (Normalize(),)),
    "phoenix2014": Profile("phoenix2014/1", _PHOENIX),
    "phoenix2014-hyp-only": Profile("phoenix2014-hyp-only/1", _PHOENIX, is_hyp_only=True),
    "phoenix2014t": Profile("phoenix2014t/1", _PHOENIX, is_hyp_only=True),
    "csl-daily": Profile("csl-daily/1"),
    "csl-daily-char": Profile("csl-daily-char/1", (Characters(),)),
}


def find_profile(name: str, *, level: str = "gloss") -> Profile:
    """A profile by its name, or from a TOML file of steps.

    Args:
        name: Key of `PROFILES`, or the path of a file.
        level: gloss, or char to count characters after all other steps.

    Raises:
        ScoreError: There is no such profile, or its file is wrong.
    """
    if level not in LEVELS:
        raise ScoreError(f"there is no level {level!r}; expected {' or '.join(LEVELS)}")
    if name in PROFILES:
        profile = PROFILES[name]
    elif name.endswith(".toml"):
        profile = read_profile(Path(name))
    else:
        raise ScoreError(
            f"there is no gloss profile {name!r}; expected one of {', '.join(PROFILES)}, or a file "
            "NAME.toml"
        )
    if level == "gloss" or Characters() in profile.steps:
        return profile
    stem, _, version = profile.name.partition("/")
    named = f"{stem}-char/{version or 1}"
    return replace(profile, name=named, steps=(*profile.steps, Characters()))


def read_profile(path: Path) -> Profile:
    """A profile of one's own.

    The file is a list of tables `[[step]]`, done in their order: `replace = "OLD"` with
    `by = "NEW"` (either may be several glosses), `drop = ["GLOSS", ...]`, `merge = true`,
    `nfc = true`; `hyp_only = true` at the top leaves references as they are.

    Raises:
        ScoreError: There is no such file, or it has anything else in it.
    """
    if not path.is_file():
        raise ScoreError(f"no gloss profile at {path}; expected a TOML file of [[step]] tables")
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScoreError(f"{path} is not TOML: {error}") from error
    other = sorted(record.keys() - {"step", "hyp_only"})
    steps, is_hyp_only = record.get("step", []), record.get("hyp_only", False)
    if other or not isinstance(steps, list) or not steps or not isinstance(is_hyp_only, bool):
        found = f"has {other[0]!r}" if other else "has no steps"
        raise ScoreError(f"{path} {found}; expected [[step]] tables, and perhaps hyp_only = true")
    made = tuple(_step(step, f"{path} step {number}") for number, step in enumerate(steps, 1))
    profile = Profile("", made, is_hyp_only)
    digest = sha256(profile.text.encode()).hexdigest()[:8]  # equal steps, equal name
    return replace(profile, name=f"{path.stem}/{digest}")


def _step(record: Any, where: str) -> Step:
    """One table of a file."""
    match record:
        case {"replace": str(old), "by": str(new), **rest} if old.split() and not rest:
            return Replace(" ".join(old.split()), " ".join(new.split()))
        case {"drop": [*glosses], **rest} if glosses and not rest and _are_texts(glosses):
            return Drop(frozenset(glosses))
        case {"merge": True, **rest} if not rest:
            return Merge()
        case {"nfc": True, **rest} if not rest:
            return Normalize()
    found = dict(record) if isinstance(record, Mapping) else record
    raise ScoreError(
        f'{where} is {found}; expected replace = "OLD" with by = "NEW", drop = ["GLOSS"], '
        "merge = true or nfc = true"
    )


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) and value.split() == [value] for value in values)
