"""The glosses a recognizer knows, and the numbers that stand for them.

A continuous vocabulary keeps id 0 for the CTC blank, so there are exactly V = glosses + 1 logits;
an isolated one has no blank and V = glosses. Glosses come from the train split only and are sorted,
so equal train sets give equal ids.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from signkit.errors import VocabularyError
from signkit.files import write_text

SCHEMA = "signkit.vocabulary/1"
BLANK = 0


@dataclass(frozen=True)
class Vocabulary:
    """Sorted glosses and their ids.

    Args:
        glosses: Unique, sorted.
        has_blank: True for CTC: gloss ids start at 1 and 0 is the blank.
    """

    glosses: tuple[str, ...]
    has_blank: bool

    def __post_init__(self) -> None:
        if not self.glosses:
            raise VocabularyError("a vocabulary needs at least one gloss; the train split has none")
        if list(self.glosses) != sorted(set(self.glosses)):
            raise VocabularyError("the glosses of a vocabulary must be unique and sorted")

    @classmethod
    def of(cls, references: Iterable[Sequence[str]], *, has_blank: bool) -> "Vocabulary":
        """The vocabulary of the given gloss sequences."""
        return cls(tuple(sorted({gloss for glosses in references for gloss in glosses})), has_blank)

    @property
    def n_ids(self) -> int:
        """V: how many logits a recognizer needs."""
        return len(self.glosses) + self.has_blank

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {gloss: i + self.has_blank for i, gloss in enumerate(self.glosses)}

    def __contains__(self, gloss: str) -> bool:
        return gloss in self._id_of

    def encode(self, glosses: Sequence[str]) -> list[int]:
        """Ids of the glosses.

        Raises:
            VocabularyError: A gloss is unknown.
        """
        try:
            return [self._id_of[gloss] for gloss in glosses]
        except KeyError as error:
            raise VocabularyError(
                f"gloss {error.args[0]!r} is not among the {len(self.glosses)} glosses of the "
                "train split; correct the label or add training clips with it"
            ) from None

    def decode(self, ids: Iterable[int]) -> tuple[str, ...]:
        """Glosses of the ids; the blank must be gone."""
        return tuple(self.glosses[i - self.has_blank] for i in ids)

    @property
    def hash(self) -> str:
        return sha256("\n".join(self.glosses).encode()).hexdigest()

    def write(self, path: Path) -> None:
        """Write `vocabulary.json`."""
        record = {"schema": SCHEMA, "has_blank": self.has_blank, "glosses": list(self.glosses)}
        write_text(path, json.dumps(record, ensure_ascii=False, indent=1))

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """Read `vocabulary.json`."""
        try:
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(tuple(record["glosses"]), bool(record["has_blank"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VocabularyError(f"{path} is not a vocabulary: {error}") from error
