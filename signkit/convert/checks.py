"""What must hold for a row of the clip table, and what is done with foreign rows for which it does
not: they are repaired, kept or left out, and always noted.
"""

import re
import unicodedata
from dataclasses import replace
from math import isfinite

from signkit.clip import SPLITS, Clip
from signkit.convert.corpus import Corpus, Entry
from signkit.convert.ledger import KEPT, LEFT_OUT, REPAIRED, Ledger

_DIRECTION = re.compile("[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_SPACE = re.compile(r"\s+")
_SLASH = re.compile(r"[/\\\x00]+")
_LATE_S = 0.05  # headers and annotations round; extraction ends with the last frame anyway


class Checker:
    """Makes rows of a clip table from the entries of a corpus.

    Args:
        corpus: Where they are from.
        ledger: Told about everything that is wrong.

    Attributes:
        n_right_to_left: Rows with a right-to-left script: nothing wrong, but good to know.
    """

    def __init__(self, corpus: Corpus, ledger: Ledger) -> None:
        self._corpus = corpus
        self._ledger = ledger
        self._ids: set[str] = set()
        self.n_right_to_left = 0

    def __call__(self, entry: Entry) -> Clip | None:
        """The row of one entry, or None where it is left out."""
        clip = entry.clip
        clip_id = self._clip_id(entry) if self._is_text(entry) else None
        if clip_id is None:
            return None
        found = replace(
            clip,
            clip_id=clip_id,
            glosses=self._glosses(entry),
            text=self._cleaned(_SPACE.sub(" ", clip.text).strip(), "text", entry),
            signer=self._signer(entry),
            split=self._split(entry),
        )
        window = self._window(entry)
        if window is None:
            return None
        self._ids.add(clip_id)
        if _RIGHT_TO_LEFT.search(found.text) or any(map(_RIGHT_TO_LEFT.search, found.glosses)):
            self.n_right_to_left += 1
        return replace(found, start_s=window[0], end_s=window[1])

    def _note(self, kind: str, found: str, entry: Entry, action: str = KEPT) -> None:
        """Tell the ledger."""
        self._ledger.bad(
            kind,
            found,
            file=entry.file,
            line=entry.line,
            clip_id=entry.clip.clip_id,
            action=action,
        )

    def _is_text(self, entry: Entry) -> bool:
        """Whether a table can hold the row: names of files and JSON may have halves of letters."""
        clip = entry.clip
        names = (clip.clip_id, clip.video, clip.text, clip.signer, clip.split, clip.session)
        try:
            "".join((*names, clip.language, *clip.glosses, *clip.extra.values())).encode()
        except UnicodeEncodeError as error:
            found = f"has {error.object[error.start : error.end]!a}, which is not UTF-8"
            self._note("unreadable", found, entry, LEFT_OUT)
            return False
        return True

    def _clip_id(self, entry: Entry) -> str | None:
        given = entry.clip.clip_id.strip()
        if not given:
            self._note("empty_id", "has no id", entry, LEFT_OUT)
            return None
        clip_id = _SLASH.sub("-", _SPACE.sub("_", given))
        if clip_id != given:
            self._note("odd_id", f"has the id {given!r}, now {clip_id!r}", entry, REPAIRED)
        if clip_id in self._ids:
            found = f"repeats the id {clip_id!r}"
            self._note("duplicate_id", found, entry, LEFT_OUT)
            return None
        return clip_id

    def _glosses(self, entry: Entry) -> tuple[str, ...]:
        cleaned = (self._cleaned(gloss, "gloss", entry) for gloss in entry.clip.glosses)
        glosses = tuple(token for gloss in cleaned for token in gloss.split())
        if not glosses and not entry.is_unlabelled:
            self._note("empty_gloss", "has no gloss", entry)
        return glosses

    def _signer(self, entry: Entry) -> str:
        signer = _SPACE.sub(" ", entry.clip.signer).strip()
        known = self._corpus.signers
        if not signer and (self._corpus.names_signers or known is not None):
            self._note("unknown_signer", "has no signer", entry)
        elif signer and known is not None and signer not in known:
            self._note("unknown_signer", f"has the unknown signer {signer!r}", entry)
        return signer

    def _split(self, entry: Entry) -> str:
        split = entry.clip.split
        if split and split not in SPLITS:
            found = f"has the split {split!r}, expected {', '.join(SPLITS)}; taken as none"
            self._note("unknown_split", found, entry, REPAIRED)
            return ""
        return split

    def _window(self, entry: Entry) -> tuple[float | None, float | None] | None:
        """Where the clip begins and ends, or None where that makes no sense."""
        start, end = entry.clip.start_s, entry.clip.end_s
        if any(time is not None and not (isfinite(time) and time >= 0) for time in (start, end)):
            self._note("wrong_window", f"is from {start} s to {end} s", entry, LEFT_OUT)
            return None
        if start is not None and end is not None and start >= end:
            found = f"ends at {end:g} s and begins at {start:g} s"
            self._note("wrong_window", found, entry, LEFT_OUT)
            return None
        length = entry.video_s
        if length is not None and start is not None and start >= length:
            found = f"begins at {start:g} s of a video of {length:g} s"
            self._note("outside_video", found, entry, LEFT_OUT)
            return None
        if length is not None and end is not None and end > length + _LATE_S:
            found = f"ends at {end:g} s of a video of {length:g} s; now at its end"
            self._note("outside_video", found, entry, REPAIRED)
            end = length
        return start, end

    def _cleaned(self, text: str, what: str, entry: Entry) -> str:
        """The text without invisible marks; quotes and unusual letters are noted and kept."""
        if text.isascii():
            if text.count('"') % 2:
                self._note("stray_quote", f"has a stray quote in {what} {text!r}", entry)
            return text
        cleaned = _DIRECTION.sub("", text)
        if cleaned != text:
            kind = "byte_order_mark" if "\ufeff" in text else "direction_mark"
            found = f"has an invisible mark in {what} {text!a}"
            self._note(kind, found, entry, REPAIRED)
        if cleaned.count('"') % 2:
            self._note("stray_quote", f"has a stray quote in {what} {cleaned!r}", entry)
        if not unicodedata.is_normalized("NFC", cleaned):
            self._note("not_nfc", f"has {what} {cleaned!a}, not in NFC", entry)
        return cleaned
