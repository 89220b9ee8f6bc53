"""What a gloss profile is made of: steps that turn one gloss sequence into another.

A step is a function of a sequence with a sentence that says what it does, so that a score can print
all that was done to the glosses.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from signkit.score.counts import UNKNOWN

Glosses = tuple[str, ...]

MULTI_LETTERS = frozenset({"SCH", "NN"})
"""What counts as one letter of a spelled word in PHOENIX, beside single letters."""


class Step(Protocol):
    """One thing that a profile does."""

    @property
    def text(self) -> str:
        """What it does, in words."""

    def __call__(self, glosses: Glosses) -> Glosses:
        """The sequence after it."""


@dataclass(frozen=True)
class Replace:
    """A run of glosses becomes another one; `old` and `new` are separated by spaces."""

    old: str
    new: str

    @property
    def text(self) -> str:
        return f"replace {self.old!r} by {self.new!r}"

    def __call__(self, glosses: Glosses) -> Glosses:
        old, new = tuple(self.old.split()), self.new.split()
        out: list[str] = []
        at = 0
        while at < len(glosses):
            if glosses[at : at + len(old)] == old:
                out += new
                at += len(old)
            else:
                out.append(glosses[at])
                at += 1
        return tuple(out)


@dataclass(frozen=True)
class Respell:
    """A spelling becomes another one wherever it stands in a gloss."""

    old: str
    new: str

    @property
    def text(self) -> str:
        return f"write {self.new} for {self.old}"

    def __call__(self, glosses: Glosses) -> Glosses:
        return tuple(gloss.replace(self.old, self.new) for gloss in glosses)


@dataclass(frozen=True)
class Drop:
    """Some glosses are left out."""

    glosses: frozenset[str]

    @property
    def text(self) -> str:
        return f"drop {', '.join(sorted(self.glosses))}"

    def __call__(self, glosses: Glosses) -> Glosses:
        return tuple(gloss for gloss in glosses if gloss not in self.glosses)


@dataclass(frozen=True)
class Merge:
    """Of adjacent equal glosses one is left."""

    text: str = "merge adjacent equal glosses"

    def __call__(self, glosses: Glosses) -> Glosses:
        before = (None, *glosses)
        return tuple(g for g, last in zip(glosses, before, strict=False) if g != last)


@dataclass(frozen=True)
class DropPrefixes:
    """What a gloss begins with is taken away, as often as it is there."""

    prefixes: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"drop the prefixes {', '.join(self.prefixes)}"

    def __call__(self, glosses: Glosses) -> Glosses:
        return _without_empty(self._bare(gloss) for gloss in glosses)

    def _bare(self, gloss: str) -> str:
        while gloss.startswith(self.prefixes):
            gloss = next(gloss.removeprefix(p) for p in self.prefixes if gloss.startswith(p))
        return gloss


@dataclass(frozen=True)
class DropSuffix:
    """What a gloss ends with is taken away; where asked, only after so many capital letters."""

    suffix: str
    after_capitals: int = 0

    @property
    def text(self) -> str:
        after = f" after {self.after_capitals} capitals" if self.after_capitals else ""
        return f"drop the suffix {self.suffix}{after}"

    def __call__(self, glosses: Glosses) -> Glosses:
        return _without_empty(self._bare(gloss) for gloss in glosses)

    def _bare(self, gloss: str) -> str:
        stem = gloss.removesuffix(self.suffix)
        last = stem[len(stem) - self.after_capitals :] if self.after_capitals else ""
        is_after = len(last) == self.after_capitals and all(map(_is_capital, last))
        return stem if is_after else gloss


@dataclass(frozen=True)
class JoinSpelled:
    """Letters that are spelled one after the other become one gloss."""

    joint: str = "+"

    @property
    def text(self) -> str:
        also = ", ".join(sorted(MULTI_LETTERS))
        return f"join spelled letters (also {also}) with {self.joint}"

    def __call__(self, glosses: Glosses) -> Glosses:
        out: list[str] = []
        is_open = False  # whether the gloss before is spelled
        for gloss in glosses:
            is_spelled = all(map(_is_letter, gloss.split(self.joint)))
            if is_spelled and is_open:
                out[-1] += self.joint + gloss
            else:
                out.append(gloss)
            is_open = is_spelled
        return tuple(out)


@dataclass(frozen=True)
class Normalize:
    """Unicode normal form C: a letter and its accent become one character where there is one."""

    text: str = "Unicode normal form C"

    def __call__(self, glosses: Glosses) -> Glosses:
        return tuple(unicodedata.normalize("NFC", gloss) for gloss in glosses)


@dataclass(frozen=True)
class Characters:
    """Every character counts as a gloss; what stands for no gloss stays as it is."""

    text: str = "count characters"

    def __call__(self, glosses: Glosses) -> Glosses:
        parts = ((gloss,) if gloss == UNKNOWN else tuple(gloss) for gloss in glosses)
        return tuple(character for part in parts for character in part)


def _is_capital(letter: str) -> bool:
    return letter.isalpha() and letter.isupper()


def _is_letter(text: str) -> bool:
    return text in MULTI_LETTERS or (len(text) == 1 and _is_capital(text))


def _without_empty(glosses: Iterable[str]) -> Glosses:
    return tuple(gloss for gloss in glosses if gloss)
