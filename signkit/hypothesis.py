"""What a recognizer says was signed in a clip, and the JSON-lines file that keeps it."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signkit.errors import ScoreError
from signkit.files import write_text

NBest = tuple[tuple[tuple[str, ...], float], ...]


@dataclass(frozen=True)
class Hypothesis:
    """Recognized glosses of one clip.

    Args:
        clip_id: The clip.
        glosses: Best sequence; empty when nothing was recognized.
        score: What the decoder maximized. Greedy: natural log probability of the best path; beam:
            of the best sequence, with the say of language model and length bonus, if any. A blank
            bias counts in both.
        n_best: (glosses, score) of the best few, best first.
        times_s: (start, end) seconds of each gloss in the clip's source.
        confidence: In [0, 1] for each gloss: its mean probability, as the recognizer gave it
            (before any bias of the decoder), over the steps of `times_s`. Empty where unknown.
        unsnapped: The glosses that were recognized, where `glosses` is the nearest train sentence.
        decoder: How it was found, by the name of the decoder; empty where unknown.
    """

    clip_id: str
    glosses: tuple[str, ...]
    score: float = 0.0
    n_best: NBest = ()
    times_s: tuple[tuple[float, float], ...] = ()
    confidence: tuple[float, ...] = ()
    unsnapped: tuple[str, ...] | None = None
    decoder: str = ""

    def to_json(self) -> dict[str, Any]:
        """The object of one line of `hyps.jsonl`."""
        record: dict[str, Any] = {
            "clip_id": self.clip_id,
            "glosses": list(self.glosses),
            "score": round(self.score, 4),
            "n_best": [[list(glosses), round(score, 4)] for glosses, score in self.n_best],
            "times_s": [[round(start, 3), round(end, 3)] for start, end in self.times_s],
            "confidence": [round(value, 4) for value in self.confidence],
        }
        if self.unsnapped is not None:
            record["unsnapped"] = list(self.unsnapped)
        return record | ({"decoder": self.decoder} if self.decoder else {})

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Hypothesis":
        """The hypothesis that `to_json` described."""
        unsnapped = record.get("unsnapped")
        lists = (
            record["glosses"],
            unsnapped,
            *(glosses for glosses, _ in record.get("n_best", [])),
        )
        if any(isinstance(glosses, str) for glosses in lists):
            raise TypeError("glosses is a text, not a list")
        decoder = record.get("decoder", "")
        texts = (record["clip_id"], *record["glosses"], *(unsnapped or ()), decoder)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("clip_id, glosses and decoder are texts")
        "".join(texts).encode()  # half a surrogate pair is no text, and can be written nowhere
        found = cls(
            clip_id=record["clip_id"],
            glosses=tuple(record["glosses"]),
            score=float(record.get("score", 0.0)),
            n_best=tuple((tuple(g), float(s)) for g, s in record.get("n_best", [])),
            times_s=tuple((float(a), float(b)) for a, b in record.get("times_s", [])),
            confidence=tuple(float(value) for value in record.get("confidence", [])),
            unsnapped=None if unsnapped is None else tuple(unsnapped),
            decoder=decoder,
        )
        _check_numbers(found)
        return found


def _check_numbers(found: Hypothesis) -> None:
    n = len(found.glosses)
    for name, values in (("times_s", found.times_s), ("confidence", found.confidence)):
        if len(values) not in (0, n):
            raise ValueError(f"{len(values)} {name} for {n} glosses")
    if not all(math.isfinite(a) and a <= b < math.inf for a, b in found.times_s):
        raise ValueError("times_s are [start, end] in seconds, the end not before the start")
    if not all(0 <= value <= 1 for value in found.confidence):
        raise ValueError("confidence is between 0 and 1")


def write_hypotheses(path: Path, hypotheses: Iterable[Hypothesis]) -> None:
    """Write one JSON object a line, whole file or none."""
    lines = [json.dumps(h.to_json(), ensure_ascii=False) for h in hypotheses]
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_hypotheses(path: Path) -> list[Hypothesis]:
    """Read a JSON-lines file of hypotheses.

    Raises:
        ScoreError: A line is not a hypothesis, or a clip appears twice.
    """
    if not path.is_file():
        raise ScoreError(
            f"no file or run at {path}; expected hypotheses as JSON lines, made with "
            "'signkit recognize RUN SOURCE --out FILE.jsonl'"
        )
    found: dict[str, Hypothesis] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split(
            "\n"
        )  # a text may have other line breaks
    except UnicodeDecodeError as error:
        raise ScoreError(f"{path} is not UTF-8 text; expected hypotheses as JSON lines") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            hypothesis = Hypothesis.from_json(json.loads(line))
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise ScoreError(
                f"{path} line {number} is not a hypothesis ({error}); expected a JSON object with "
                "clip_id and glosses"
            ) from error
        if hypothesis.clip_id in found:
            raise ScoreError(f"{path} line {number} repeats clip {hypothesis.clip_id!r}; keep one")
        found[hypothesis.clip_id] = hypothesis
    return list(found.values())
