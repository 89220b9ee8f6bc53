"""Small .eaf files, as ELAN and as other tools write them."""

from pathlib import Path

VIDEO = (
    '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/films/my%20film.mp4" MIME_TYPE="video/mp4" '
    'RELATIVE_MEDIA_URL="./my%20film.mp4"/>'
)

Slots = dict[str, int | float | str | None]


def slots(times: Slots) -> str:
    """TIME_ORDER; None is a slot without a time."""
    lines = [
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + ("/>" if time is None else f' TIME_VALUE="{time}"/>')
        for name, time in times.items()
    ]
    return "<TIME_ORDER>\n" + "\n".join(lines) + "\n</TIME_ORDER>"


def aligned(name: str, start: str, end: str, value: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="{start}" '
        f'TIME_SLOT_REF2="{end}"><ANNOTATION_VALUE>{value}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


def referring(name: str, above: str, value: str, previous: str = "") -> str:
    before = f' PREVIOUS_ANNOTATION="{previous}"' if previous else ""
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{above}"{before}>'
        f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
    )


def tier(name: str, *annotations: str, participant: str = "", parent: str = "") -> str:
    more = f' PARTICIPANT="{participant}"' if participant else ""
    more += f' PARENT_REF="{parent}"' if parent else ""
    inside = "\n".join(annotations)
    return f'<TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="{name}"{more}>\n{inside}\n</TIER>'


def write_eaf(
    path: Path,
    times: Slots,
    *tiers: str,
    media: str = VIDEO,
    version: str = "3.0",
    units: str = "milliseconds",
    before: str = "",
    licence: str = "",
) -> Path:
    """An .eaf file; `before` stands between the XML declaration and the document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            before,
            f'<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-01-01T00:00:00+01:00" FORMAT="{version}" '
            'VERSION="3.0">',
            f"<LICENSE>{licence}</LICENSE>" if licence else "",
            f'<HEADER MEDIA_FILE="" TIME_UNITS="{units}">{media}</HEADER>',
            slots(times),
            *tiers,
            '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>',
            "</ANNOTATION_DOCUMENT>",
        ]
    )
    path.write_text(text, encoding="utf-8")
    return path
