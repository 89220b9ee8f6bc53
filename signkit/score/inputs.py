"""What is scored: the clips of a split, their references and their hypotheses."""

from collections.abc import Mapping, Sequence

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.score.references import check_ids

Glosses = tuple[str, ...]


def clips_of(dataset: PoseDataset, split: str) -> list[Clip]:
    """The clips of a split.

    Raises:
        ScoreError: There is none.
    """
    clips = list(dataset.clips.where(split=split))
    if not clips:
        splits = dataset.clips.column("split")
        counts = ", ".join(f"{s} {splits.count(s)}" for s in ("train", "dev", "test"))
        raise ScoreError(
            f"{dataset.path} has no clip in split {split!r} ({counts}); score another split with "
            "--split or make one with 'signkit split'"
        )
    return clips


def references_of(
    clips: Sequence[Clip],
    given: Mapping[str, Sequence[str]] | None,
    split: str,
    *,
    allow_empty: bool,
) -> dict[str, Glosses]:
    """Clip id to glosses, in the order of the clips.

    Args:
        clips: Of the split.
        given: References instead of the clips' own.
        split: For messages.
        allow_empty: Accept references without glosses.

    Raises:
        ScoreError: One is empty, or those given are not those of the clips.
    """
    if given is not None:
        check_ids(given, [clip.clip_id for clip in clips], split)
    found = {c.clip_id: c.glosses if given is None else tuple(given[c.clip_id]) for c in clips}
    empty = [clip_id for clip_id, glosses in found.items() if not glosses]
    if empty and not allow_empty:
        raise ScoreError(
            f"{len(empty)} of {len(clips)} clips of split {split!r} have no glosses (first: "
            f"{empty[0]!r}); label them, take them out of the split, or use --allow-empty if "
            "nothing is signed there"
        )
    return found


def hypotheses_by_clip(
    hypotheses: Sequence[Hypothesis], dataset: PoseDataset, split: str
) -> dict[str, Hypothesis]:
    """Clip id to hypothesis.

    Raises:
        ScoreError: One is of no clip of the split, or a clip has two.
    """
    found: dict[str, Hypothesis] = {}
    split_of = dict(zip(dataset.clips.ids, dataset.clips.column("split"), strict=True))
    for hypothesis in hypotheses:
        clip_id = hypothesis.clip_id
        if clip_id in found:
            raise ScoreError(f"clip {clip_id!r} has two hypotheses; keep one")
        if clip_id not in split_of:
            raise ScoreError(
                f"there is a hypothesis for clip {clip_id!r}, which {dataset.path} does not have; "
                "score against the dataset that was recognized"
            )
        other = split_of[clip_id]
        if other != split:
            where = f"in split {other!r}" if other else "in no split"
            raise ScoreError(
                f"there is a hypothesis for clip {clip_id!r}, which is {where}, not {split!r}; "
                f"recognize with --split {split}"
            )
        found[clip_id] = hypothesis
    return found
