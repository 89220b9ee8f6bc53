"""How signkit lays a clip table out in the tiers of ELAN, so that it can be read back as it was.

Every column has a tier, and every clip an annotation on those tiers for which it has a value, as
long as the clip. Clips that overlap, and clips of different signers, are on tiers of their own:
`GLOSSES@ann`, and `GLOSSES.2@ann` for a second row. What a tier holds is said by its linguistic
type. An annotation of `GLOSSES` holds all glosses of a clip; cut into one for each sign, they are
read back as the same glosses.
"""

from signkit.clip import EXTRA_PREFIX

KIND = "signkit "
"""The linguistic types of these tiers begin with it; the column follows."""

OPEN = "open"
"""Which ends of a clip are not in the table: the annotation spans its pose instead."""

TIERS = {
    "clip_id": "CLIP",
    "glosses": "GLOSSES",
    "text": "SENTENCE",
    "split": "SPLIT",
    "session": "SESSION",
    "language": "LANGUAGE",
    OPEN: "OPEN",
    "hypothesis": "HYPOTHESIS",
}
"""Column to the beginning of the name of its tiers; `x_...` columns keep their name."""

VIDEO, COLUMNS = "signkit video", "signkit columns"
RIGHTS = {"name": "signkit corpus", "source": "signkit source", "consent": "signkit consent"}
"""Properties of a file: the video's path, the `x_...` columns, and fields of `DatasetInfo`."""


def tier_name(column: str, label: str = "") -> str:
    """Name of the tier of a column."""
    return f"{TIERS.get(column, column)}{label}"


def tier_label(signer: str, row: int) -> str:
    """What the tiers of a signer's row of clips have in common at the end of their names."""
    return f"{f'.{row}' if row > 1 else ''}{f'@{signer}' if signer else ''}"


def column_of(kind: str) -> str:
    """The column of a linguistic type; empty for a foreign one."""
    column = kind.removeprefix(KIND)
    is_ours = column != kind and (column in TIERS or column.startswith(EXTRA_PREFIX))
    return column if is_ours else ""
