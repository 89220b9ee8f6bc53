"""The two long tables of the score page, as JSON that the page's script shows piece by piece.

Ten thousand rows of HTML would take a browser seconds to lay out; as numbers into a list of glosses
they are about a hundred bytes a clip, and only the rows one looks at become elements.
"""

import json
from collections.abc import Iterable
from typing import Any

from signkit.report import ClipScore, GlossScore, Report
from signkit.view.page import escaped

GLOSS_COLUMNS = (
    "gloss", "signed", "right", "recall %", "precision %", "deleted", "substituted", "mistaken",
    "inserted", "in train",
)  # fmt: skip
CLIP_COLUMNS = ("clip", "errors", "WER %", "reference", "recognized", "glosses", "signer")
_NUMBERS = {*GLOSS_COLUMNS[1:9], "errors", "WER %", "glosses"}


def long_tables(report: Report) -> dict[str, Any]:
    """Glosses and signers once, and rows that point into them.

    A row of `clips` is (clip id, signer, pairs); pairs is r, h, r, h ... with -1 for no gloss.
    """
    names = dict.fromkeys(score.gloss for score in report.glosses)
    names.update(dict.fromkeys(_glosses(report.clips)))
    signers = dict.fromkeys(clip.signer for clip in report.clips)
    gloss_ids = {name: i for i, name in enumerate(names)}
    signer_ids = {name: i for i, name in enumerate(signers)}
    return {
        "names": list(names),
        "signers": list(signers),
        "glosses": [[gloss_ids[score.gloss], *_numbers(score)] for score in report.glosses],
        "clips": [
            [
                clip.clip_id,
                signer_ids[clip.signer],
                [-1 if g is None else gloss_ids[g] for pair in clip.pairs for g in pair],
            ]
            for clip in report.clips
        ],
    }


def long_table(name: str, titles: tuple[str, ...], *, label: str) -> str:
    """The empty table that the rows called `name` go into."""
    heads = "".join(
        f'<th scope="col"{" class=num" if title in _NUMBERS else ""}>{escaped(title)}</th>'
        for title in titles
    )
    return (
        "<noscript><p>This table needs JavaScript; <code>signkit score --json</code> prints all "
        f'that is in it.</p></noscript><div class="scroll tall js" role="region" tabindex="0" '
        f'aria-label="{escaped(label)}" hidden><table data-rows="{name}"><thead><tr>{heads}</tr>'
        '</thead><tbody></tbody></table></div><p class="more js" hidden><span role="status"></span>'
        ' <button type="button" class="button">Show more</button></p>'
    )


def script_json(name: str, record: Any) -> str:
    """Data for the script; nothing in it can end the element or be taken for markup."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def _numbers(score: GlossScore) -> list[float | int | bool | None]:
    return [
        score.n_ref,
        score.hits,
        _percent(score.recall),
        _percent(score.precision),
        score.deletions,
        score.substituted,
        score.mistaken,
        score.insertions,
        score.in_train,
    ]


def _percent(rate: float | None) -> float | None:
    return None if rate is None else round(100 * rate, 1)


def _glosses(clips: Iterable[ClipScore]) -> Iterable[str]:
    return (g for clip in clips for pair in clip.pairs for g in pair if g is not None)
