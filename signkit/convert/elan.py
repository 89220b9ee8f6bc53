"""Annotations of ELAN become clips.

With a tier of sentences, each of its annotations is a clip: its value is the text, its glosses are
those annotations of the gloss tier whose middle lies in it. Without one, every annotation of the
gloss tier is a clip of one gloss. Every signer (`PARTICIPANT`) has tiers of his or her own. Files
that `export_elan` wrote are known by their linguistic types and read back as the clips they were.

Source: see `eaf`; tier names as in the sign corpora that are annotated with ELAN.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from signkit.clip import EXTRA_PREFIX, Clip, clip_id_of, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.eaf import Annotation, Header, Tier
from signkit.convert.eaf_reader import Eaf, read_header
from signkit.convert.elan_export import export_elan
from signkit.convert.elan_layout import COLUMNS, OPEN, RIGHTS, VIDEO, column_of, tier_name
from signkit.convert.ledger import KEPT, LEFT_OUT, REPAIRED, Ledger
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

__all__ = ["export_elan", "read_elan"]

GLOSS_TIERS = ("sign", "signs", "gloss", "glosses", "idgloss", "idglosses", "glossen", "glosas")
SENTENCE_TIERS = (
    *("sentence", "sentences", "translation", "translations", "freetranslation"),
    *("utterance", "utterances", "text"),
)
LABEL = "x_label"
_BETWEEN = " _-.@:/"


def read_elan(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of an .eaf file, or of all of a folder; one file is in memory at a time.

    Raises:
        FormatError: There is no such file or folder, or none that can be read.
    """
    paths, base = _eaf_files(source)
    headers = [header for path in paths if (header := _header(path)) is not None]
    columns = [c for one in headers for c in one.properties.get(COLUMNS, "").splitlines()]

    def told(field: str) -> str:
        return _different(one.properties.get(RIGHTS[field], "") for one in headers)

    info = DatasetInfo(
        name=told("name") or source.resolve().stem,
        source=told("source"),
        licence=_different(one.licence for one in headers),
        consent=told("consent"),
        note="annotations of ELAN",
    )
    return Corpus(
        info=info,
        entries=_entries(paths, base, options, ledger),
        extra=tuple(dict.fromkeys([*columns, LABEL])),
    )


def _eaf_files(source: Path) -> tuple[list[Path], Path]:
    """Files to read, and the folder that their names count from."""
    if source.is_file():
        return [source], source.parent
    if not source.is_dir():
        raise FormatError(f"no file or folder at {source}")
    paths = sorted(p for p in source.rglob("*.eaf") if not p.name.startswith("."))
    if not paths:
        raise FormatError(f"{source} has no .eaf file; give an .eaf file or a folder of them")
    return paths, source


def _header(path: Path) -> Header | None:
    """What a file says about itself; files that cannot be read are noted when they are read."""
    try:
        return read_header(path)
    except FormatError:
        return None


def _entries(
    paths: Sequence[Path], base: Path, options: ImportOptions, ledger: Ledger
) -> Iterator[Entry]:
    for path in paths:
        try:
            file = _File(path, base, options.tier, ledger)
            entries = file.own() if file.is_own else file.foreign()
        except FormatError as error:
            if len(paths) == 1:
                raise
            found = str(error).removeprefix(f"{path} ")
            ledger.bad("unreadable", found, file=path.name, action=LEFT_OUT)
            continue
        yield from entries


@dataclass(frozen=True)
class _Row:
    """A gloss tier and the sentences that its glosses stand in."""

    glosses: Tier
    sentences: Tier | None

    @property
    def signer(self) -> str:
        return self.glosses.participant or (self.sentences.participant if self.sentences else "")

    def glosses_of(self, sign: Annotation) -> tuple[str, ...]:
        """The gloss of an annotation; several where signkit wrote them into one."""
        is_own = column_of(self.glosses.kind) in ("glosses", "hypothesis")
        return tuple(sign.value.split()) if is_own else one_gloss(sign.value)

    def is_joined(self, sign: Annotation) -> bool:
        """Its gloss is made of several words."""
        return len(sign.value.split()) > len(self.glosses_of(sign))


class _File:
    """One .eaf file."""

    def __init__(self, path: Path, base: Path, tier: str | None, ledger: Ledger) -> None:
        self._path = path
        self._stem = clip_id_of(path.relative_to(base).with_suffix(""))
        self._eaf = Eaf(path, ledger)
        self._wanted = tier
        self._ledger = ledger
        videos = [media for media in self._eaf.header.media if media.is_video]
        self._video = videos[0].name if videos else ""
        self._origin_ms = videos[0].origin_ms if videos else 0
        if len(videos) > 1:
            names = ", ".join(media.name for media in videos)
            self._note("ambiguous", f"is about {len(videos)} videos ({names}); the first is taken")

    @property
    def is_own(self) -> bool:
        """It was written by `export_elan`, and no other tier than its glosses is asked for."""
        columns = {name: column_of(self._eaf.kind(name)) for name in self._eaf.tier_names}
        is_other = self._wanted is not None and columns.get(self._wanted) != "glosses"
        return "clip_id" in columns.values() and not is_other

    def own(self) -> list[Entry]:
        """The clips of a file that `export_elan` wrote."""
        video = self._eaf.header.properties.get(VIDEO, "")
        if self._video and self._video != PurePosixPath(video).name:  # linked to another one since
            video = self._video
        entries: list[Entry] = []
        for name in self._eaf.tier_names:
            if column_of(self._eaf.kind(name)) == "clip_id":
                label = name.removeprefix(tier_name("clip_id"))
                entries += self._own_row(self._eaf.tier(name), label, video)
        return sorted(entries, key=lambda entry: entry.clip.start_s or 0.0)

    def _own_row(self, clips: Tier, label: str, video: str) -> Iterator[Entry]:
        tiers = {
            column: self._eaf.tier(name)
            for name in self._eaf.tier_names
            if (column := column_of(self._eaf.kind(name))) and name == tier_name(column, label)
        }
        for one in clips.annotations:
            values = {column: _joined(tier.within(one)) for column, tier in tiers.items()}
            opened = values.get(OPEN, "").split()
            glosses = tuple(values.get("glosses", "").split())
            clip = Clip(
                one.value.strip(),
                video=video,
                start_s=None if "start" in opened else self._seconds(one.start_ms),
                end_s=None if "end" in opened else self._seconds(one.end_ms),
                glosses=glosses,
                signer=clips.participant,
                **{name: values.get(name, "") for name in ("text", "language", "split", "session")},
                extra={c: v for c, v in values.items() if c.startswith(EXTRA_PREFIX) and v},
            )
            yield self._entry(clip, one, is_unlabelled=not glosses)
        if "glosses" in tiers:
            self._note_outside(tiers["glosses"], clips)

    def foreign(self) -> list[Entry]:
        """The clips of anybody's file."""
        entries = [entry for row in self._rows() for entry in self._row_entries(row)]
        return sorted(entries, key=lambda entry: entry.clip.start_s or 0.0)

    def _row_entries(self, row: _Row) -> Iterator[Entry]:
        changed = [one for one in row.glosses.annotations if row.is_joined(one)]
        if changed:
            found = (
                f"has {len(changed)} glosses of several words in tier {row.glosses.name!r}, the "
                f"first {changed[0].value!r}; joined by hyphens"
            )
            self._note("odd_space", found, changed[0], REPAIRED)
        for one in (row.sentences or row.glosses).annotations:
            inside = (one,) if row.sentences is None else row.glosses.within(one)
            is_changed = row.sentences is None and row.is_joined(one)
            clip = Clip(
                f"{self._stem}-{one.name}",
                video=self._video,
                start_s=self._seconds(one.start_ms),
                end_s=self._seconds(one.end_ms),
                glosses=tuple(gloss for sign in inside for gloss in row.glosses_of(sign)),
                text="" if row.sentences is None else one.value,
                signer=row.signer,
                extra={LABEL: " ".join(one.value.split())} if is_changed else {},
            )
            yield self._entry(clip, one)
        if row.sentences is not None:
            self._note_outside(row.glosses, row.sentences)

    def _rows(self) -> list[_Row]:
        """Every gloss tier with its sentences."""
        names = self._eaf.tier_names
        glosses = _by_label(self._gloss_tiers(), self._label, self._note_several)
        others = [name for name in names if name not in glosses.values()]
        sentences = _by_label(self._named(others, SENTENCE_TIERS), self._label, lambda *_: None)
        if len(glosses) == len(sentences) == 1 and "" in (*glosses, *sentences):  # names nobody
            sentences = dict(zip(glosses, sentences.values(), strict=True))
        return [
            _Row(
                self._eaf.tier(name),
                self._eaf.tier(sentences[label]) if label in sentences else None,
            )
            for label, name in glosses.items()
        ]

    def _gloss_tiers(self) -> list[str]:
        names = self._eaf.tier_names
        if self._wanted is None:
            found = self._named(names, GLOSS_TIERS)
        elif self._wanted in names:
            found = [self._wanted]
        else:
            found = self._named(names, [_plain(self._wanted)])
        if not found:
            listed = ", ".join(map(repr, names)) or "none"
            what = "gloss tier" if self._wanted is None else f"tier {self._wanted!r}"
            raise FormatError(
                f"{self._path} has no {what} (its tiers: {listed}); give --tier the name of the "
                "one that holds the glosses"
            )
        return found

    def _named(self, tiers: Iterable[str], names: Sequence[str]) -> list[str]:
        """The tiers with one of these names, the earliest name first."""
        plain = {tier: _plain(self._base(tier)) for tier in tiers}
        return [tier for name in names for tier, its_name in plain.items() if its_name == name]

    def _base(self, tier: str) -> str:
        """The name of a tier without the signer's."""
        participant = self._eaf.participant(tier)
        if "@" in tier:
            return tier.partition("@")[0]
        if participant and tier.casefold().endswith(participant.casefold()):
            return tier[: -len(participant)].rstrip(_BETWEEN) or tier
        if participant and tier.casefold().startswith(participant.casefold()):
            return tier[len(participant) :].lstrip(_BETWEEN) or tier
        return tier

    def _label(self, tier: str) -> str:
        """What tells the tiers of one signer from those of another."""
        return self._eaf.participant(tier) or tier.partition("@")[2]

    def _note_several(self, taken: str, other: str) -> None:
        found = f"has the gloss tiers {taken!r} and {other!r}; {taken!r} is taken, --tier names one"
        self._note("ambiguous", found)

    def _note_outside(self, glosses: Tier, clips: Tier) -> None:
        """Note every gloss that is in no clip."""
        inside = {one.name for clip in clips.annotations for one in glosses.within(clip)}
        for one in glosses.annotations:
            if one.name not in inside:
                seconds = self._seconds(one.start_ms)
                found = f"has {one.value!r} at {seconds:g} s outside of every clip"
                self._note("unreadable", found, one, LEFT_OUT)

    def _seconds(self, ms: float) -> float:
        """Time in the video of a time on the time line."""
        return (ms + self._origin_ms) / 1000

    def _entry(self, clip: Clip, one: Annotation, *, is_unlabelled: bool = False) -> Entry:
        return Entry(clip, file=self._path.name, line=one.line, is_unlabelled=is_unlabelled)

    def _note(
        self, kind: str, found: str, one: Annotation | None = None, action: str = KEPT
    ) -> None:
        line = one.line if one else None
        self._ledger.bad(kind, found, file=self._path.name, line=line, action=action)


def _by_label(
    tiers: Iterable[str], label: Callable[[str], str], several: Callable[[str, str], None]
) -> dict[str, str]:
    """The first tier of every signer; `several` is told of the others."""
    found: dict[str, str] = {}
    for tier in tiers:
        if label(tier) in found:
            several(found[label(tier)], tier)
        else:
            found[label(tier)] = tier
    return found


def _different(texts: Iterable[str]) -> str:
    """Every text once; files of one folder mostly say the same."""
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _joined(annotations: Iterable[Annotation]) -> str:
    return " ".join(one.value for one in annotations)


def _plain(name: str) -> str:
    """A tier's name as the usual names are written."""
    return re.sub(r"[\s_\-.:/]+", "", name.casefold())
