"""Shares of a job for machines that know nothing of each other."""

import re
from dataclasses import dataclass
from zlib import crc32

from signkit.errors import ExtractionError


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`, counted from 1.

    A clip belongs to the part its id hashes to, so it stays there when videos are added.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Part":
        """The part that `I/N` names.

        Raises:
            ExtractionError: It is not two whole numbers with 1 <= I <= N.
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        number, count = map(int, found.groups()) if found else (0, 0)
        if not 1 <= number <= count:
            raise ExtractionError(f"part {text!r} is not I/N with 1 <= I <= N, such as 3/16")
        return cls(number, count)

    def holds(self, clip_id: str) -> bool:
        """Does the clip belong to this part?"""
        return crc32(clip_id.encode()) % self.count == self.number - 1

    def __str__(self) -> str:
        """`03of16`, as it stands in the names of the part's files."""
        digits = len(str(self.count))
        return f"{self.number:0{digits}}of{self.count}"
