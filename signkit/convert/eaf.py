"""The file format of ELAN: tiers of annotations on the time line of a video, and how it is written.

Written is version 3.0 with simple top-level tiers, whole milliseconds and unique ids, which every
version of ELAN that reads 3.0 opens and edits without harm. `eaf_reader` reads.

Source: ELAN Annotation Format, schema version 3.0, Max Planck Institute for Psycholinguistics,
https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

from signkit.clip import is_video

ROOT = "ANNOTATION_DOCUMENT"
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_DATE = "1970-01-01T00:00:00+00:00"  # the schema wants one; a clock would change the bytes


@dataclass(frozen=True)
class Media:
    """A video or sound file that the annotations are about.

    Args:
        url: Where it was.
        relative_url: Where it was, seen from the file of annotations.
        mime_type: Its kind.
        origin_ms: Its time at the beginning of the annotations' time line.
    """

    url: str
    relative_url: str = ""
    mime_type: str = ""
    origin_ms: int = 0

    @property
    def name(self) -> str:
        """Its file name."""
        return re.split(r"[/\\]", unquote(self.url or self.relative_url))[-1]

    @property
    def is_video(self) -> bool:
        return self.mime_type.startswith("video") or is_video(self.name)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A value on a tier.

    Args:
        start_ms: Where it begins on the time line.
        end_ms: Where it ends.
        value: What it says.
        name: Its id.
        line: Its line in the file.
    """

    start_ms: float
    end_ms: float
    value: str
    name: str = ""
    line: int | None = None

    @property
    def middle_ms(self) -> float:
        return (self.start_ms + self.end_ms) / 2


@dataclass(frozen=True)
class Tier:
    """A row of annotations, in the order of time.

    Args:
        name: Unique in its file.
        kind: Name of its linguistic type.
        participant: Who signs or speaks.
        annotations: They do not overlap where ELAN wrote them.
    """

    name: str
    kind: str
    participant: str
    annotations: tuple[Annotation, ...]

    def within(self, span: Annotation) -> tuple[Annotation, ...]:
        """The annotations whose middle lies in another one."""
        first, last = (bisect_left(self._middles, ms) for ms in (span.start_ms, span.end_ms))
        return self._by_middle[first:last]

    @cached_property
    def _by_middle(self) -> tuple[Annotation, ...]:
        return tuple(sorted(self.annotations, key=lambda annotation: annotation.middle_ms))

    @cached_property
    def _middles(self) -> list[float]:
        return [annotation.middle_ms for annotation in self._by_middle]


@dataclass(frozen=True)
class Header:
    """What a file says about itself.

    Args:
        media: Its videos and sound files.
        licence: What may be done with it.
        properties: Names and values, as ELAN keeps them.
    """

    media: tuple[Media, ...] = ()
    licence: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def legal(text: str) -> str:
    """The text with a replacement character for each one that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def format_eaf(header: Header, tiers: Sequence[Tier]) -> str:
    """An .eaf file of version 3.0.

    Args:
        header: What it says about itself.
        tiers: Their annotations are in order and do not overlap; times are whole milliseconds.
    """
    flat = [(tier, one) for tier in tiers for one in tier.annotations]
    ends = sorted(
        (int(ms), position, end)
        for position, (_, one) in enumerate(flat)
        for end, ms in enumerate((one.start_ms, one.end_ms))
    )
    slots = {(position, end): f"ts{n}" for n, (_, position, end) in enumerate(ends, start=1)}
    position = 0
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        _tag(
            ROOT,
            AUTHOR="signkit",
            DATE=_NO_DATE,
            FORMAT="3.0",
            VERSION="3.0",
            **{
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
                "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
            },
        ),
        *_header_lines(header, n_annotations=len(flat)),
        "    <TIME_ORDER>",
        *(
            f'        <TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{ms}"/>'
            for n, (ms, _, _) in enumerate(ends, start=1)
        ),
        "    </TIME_ORDER>",
    ]
    for tier in tiers:
        participant = {"PARTICIPANT": tier.participant} if tier.participant else {}
        opening = _tag("TIER", LINGUISTIC_TYPE_REF=tier.kind, **participant, TIER_ID=tier.name)
        lines.append(f"    {opening}")
        for one in tier.annotations:
            lines += _annotation_lines(one, position, slots[position, 0], slots[position, 1])
            position += 1
        lines.append("    </TIER>")
    for kind in dict.fromkeys(tier.kind for tier in tiers):
        name = quoteattr(legal(kind))
        lines.append(
            f'    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID={name} '
            'TIME_ALIGNABLE="true"/>'
        )
    return "\n".join([*lines, f"</{ROOT}>", ""])


def _header_lines(header: Header, *, n_annotations: int) -> Iterator[str]:
    if header.licence:
        yield f'    <LICENSE LICENSE_URL="">{_text(header.licence)}</LICENSE>'
    yield '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
    for media in header.media:
        opening = _tag(
            "MEDIA_DESCRIPTOR",
            MEDIA_URL=media.url,
            MIME_TYPE=media.mime_type,
            **({"RELATIVE_MEDIA_URL": media.relative_url} if media.relative_url else {}),
        )
        yield f"        {opening[:-1]}/>"
    properties = {**header.properties, "lastUsedAnnotationId": str(n_annotations)}
    for name, value in properties.items():
        yield f"        {_tag('PROPERTY', NAME=name)}{_text(value)}</PROPERTY>"
    yield "    </HEADER>"


def _annotation_lines(one: Annotation, position: int, start: str, end: str) -> Iterator[str]:
    yield "        <ANNOTATION>"
    yield (
        f'            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a{position + 1}" '
        f'TIME_SLOT_REF1="{start}" TIME_SLOT_REF2="{end}">'
    )
    yield f"                <ANNOTATION_VALUE>{_text(one.value)}</ANNOTATION_VALUE>"
    yield "            </ALIGNABLE_ANNOTATION>"
    yield "        </ANNOTATION>"


def _tag(name: str, **attributes: str) -> str:
    """An opening tag."""
    return f"<{name}{''.join(f' {k}={quoteattr(legal(v))}' for k, v in attributes.items())}>"


def _text(text: str) -> str:
    """Text between tags; a carriage return would become a line feed."""
    return escape(legal(text), {"\r": "&#13;"})
