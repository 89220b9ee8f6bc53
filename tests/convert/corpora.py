"""Small corpora for tests of what all importers share."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from signkit.clip import Clip
from signkit.convert.build import build_dataset
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.summary import ImportSummary
from signkit.dataset import DatasetInfo
from signkit.skeletons import MEDIAPIPE_75
from tests.factories import make_pose


def entry(clip_id: str = "a", **fields: object) -> Entry:
    """A row of `table.csv`; fields of the clip and of the entry are told apart by name."""
    own = {
        k: fields.pop(k)
        for k in ("read", "missing", "is_unlabelled", "video_s", "line")
        if k in fields
    }
    fields.setdefault("glosses", ("TEA",))
    return Entry(Clip(clip_id, **fields), file="table.csv", **({"line": 2} | own))  # type: ignore[arg-type]


def posed(clip_id: str, **fields: object) -> Entry:
    """A row with landmarks."""
    return entry(clip_id, read=lambda: make_pose(clip_id), **fields)


def build(
    entries: Iterable[Entry],
    out: Path,
    options: ImportOptions | None = None,
    *,
    has_poses: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
    is_dry_run: bool = False,
    **corpus: object,
) -> ImportSummary:
    """Import a corpus that lies in memory."""
    info = DatasetInfo(name="small", skeleton=MEDIAPIPE_75 if has_poses else None)
    options = options or ImportOptions()
    with Ledger(strict=options.strict) as ledger:
        return build_dataset(
            Corpus(info, entries, **corpus),  # type: ignore[arg-type]
            out,
            options,
            ledger,
            source="small",
            progress=progress,
            is_dry_run=is_dry_run,
        )


def bad_rows(folder: Path) -> list[str]:
    """The lines of `bad_rows.csv` without its header; none where there is no file."""
    path = folder / "bad_rows.csv"
    return path.read_text(encoding="utf-8").splitlines()[1:] if path.is_file() else []


def lines(path: Path) -> Sequence[str]:
    """The lines of a text file."""
    return path.read_text(encoding="utf-8").splitlines()
