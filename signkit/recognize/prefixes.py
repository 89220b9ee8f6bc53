"""The prefixes that the beam search keeps, as arrays.

Each prefix has a 64-bit rolling hash and knows that of its parent. So a prefix that left the beam
and comes back is the same prefix to its children that stayed. Two of the n prefixes of a search
share a hash by accident with a probability of about n^2 / 2^65: for a million prefixes once in some
ten million searches.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from signkit.vocabulary import BLANK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

_ROOT, _NOBODY, _NO_PARENT = (np.uint64(n) for n in (0xC2B2AE3D27D4EB4F, 0, 1))
_SPREAD, _MULTIPLIER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


@dataclass(frozen=True, eq=False)
class Beam:
    """W prefixes of each of n clips, best first; all arrays (n, W).

    Args:
        blank: ln P of the paths that end in a blank.
        gloss: ln P of the paths that end in the last gloss.
        total: ln P of both.
        extra: What language model and length bonus add to the score.
        last: Id of the last gloss, 0 for the empty prefix.
        key: Hash of the prefix.
        parent_key: Hash of the prefix without its last gloss.
        state: State of the language model.
    """

    blank: Floats
    gloss: Floats
    total: Floats
    extra: Floats
    last: Ints
    key: Keys
    parent_key: Keys
    state: Ints

    def __getitem__(self, clips: slice | Ints) -> "Beam":
        return Beam(*(getattr(self, field.name)[clips] for field in fields(self)))

    def __setitem__(self, clips: slice | Ints, other: "Beam") -> None:
        for field in fields(self):
            getattr(self, field.name)[clips] = getattr(other, field.name)

    @classmethod
    def start(cls, n_clips: int, width: int, state: int) -> "Beam":
        """The empty prefix alone; the other places are free."""
        shape = (n_clips, width)
        beam = cls(
            blank=np.full(shape, -np.inf),
            gloss=np.full(shape, -np.inf),
            total=np.full(shape, -np.inf),
            extra=np.zeros(shape),
            last=np.full(shape, BLANK),
            key=np.full(shape, _NOBODY),
            parent_key=np.full(shape, _NO_PARENT),
            state=np.full(shape, state),
        )
        beam.blank[:, 0] = beam.total[:, 0] = 0.0
        beam.key[:, 0] = _ROOT
        return beam

    def clear(self, free: NDArray[np.bool_]) -> None:
        """Free places that no prefix is left for."""
        for part in (self.blank, self.gloss, self.total):
            part[free] = -np.inf
        self.last[free], self.key[free], self.parent_key[free] = BLANK, _NOBODY, _NO_PARENT


def longer_key(key: Keys, symbol: Ints) -> Keys:
    """Hash of the prefixes of hash `key` with one more gloss."""
    mixed = (key ^ (symbol.astype(np.uint64) * _SPREAD)) * _MULTIPLIER
    hashed: Keys = mixed ^ (mixed >> _SHIFT)
    return hashed
