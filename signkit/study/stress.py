"""How much a recognizer suffers when its input is not as good as it was trained on.

The clips of a split are disturbed one way at a time (`signkit.study.perturb`), recognized with the
decoder of the run and scored; each row is compared with the undisturbed clips by the paired test of
`signkit compare`, over the clusters of `signkit score`. Nothing is written to the dataset.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from signkit.dataset import PoseDataset
from signkit.errors import RecognitionError, StudyError
from signkit.hypothesis import Hypothesis
from signkit.pose import PoseSequence
from signkit.recognize import LoadedRecognizer
from signkit.score import Counts, score_counts
from signkit.score.bootstrap import DRAWS
from signkit.score.clusters import Clusters, choose_clusters
from signkit.score.paired import holm, paired_test
from signkit.study.perturb import KINDS, QUICK, SWEEP, Disturbance
from signkit.study.stress_table import StressRow, StressTable

CLIPS_PER_WINDOW = 256
"""Clips in memory at a time; each is read once and disturbed in every way."""

_SNAPPED = ("hypotheses are not replaced by train sentences here, though the run stores it",)


def choose_disturbances(
    only: Collection[str] = (), *, is_quick: bool = False
) -> tuple[Disturbance, ...]:
    """The disturbances of some kinds, by default of all.

    Args:
        only: Keys of `KINDS`.
        is_quick: Only one or two strong levels of each.

    Raises:
        StudyError: There is no such kind.
    """
    unknown = [kind for kind in only if kind not in KINDS]
    if unknown:
        raise StudyError(f"there is no disturbance {unknown[0]!r}; choose among {', '.join(KINDS)}")
    return tuple(
        one
        for one in SWEEP
        if (not only or one.kind in only) and (not is_quick or one.level in QUICK[one.kind])
    )


def stress(
    recognizer: LoadedRecognizer,
    dataset: PoseDataset,
    *,
    split: str = "test",
    disturbances: Sequence[Disturbance] = SWEEP,
    run: str = "",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> StressTable:
    """Recognize and score a split undisturbed and in every way disturbed.

    Args:
        recognizer: From `load_recognizer`, with the decoder to use.
        dataset: Poses and labels; nothing is written to it.
        split: What is recognized.
        disturbances: What is done to the clips.
        run: Name for the table.
        seed: Of what is random in the disturbances.
        progress: Called with (clips recognized, clips in all), every disturbance counted.

    Raises:
        RecognitionError: The split has no clip with poses, or landmarks are missing.
        ScoreError: The split is not labelled.
    """
    ids = [c.clip_id for c in dataset.clips.where(split=split) if dataset.has_pose(c.clip_id)]
    if not ids:
        raise RecognitionError(
            f"split {split!r} of {dataset.path} has no clip with poses; extract them, or choose "
            "another split"
        )
    snaps = recognizer.config.snap_to_train
    if snaps:  # train sentences would hide what was heard
        recognizer = replace(recognizer, config=replace(recognizer.config, snap_to_train=False))
    found: list[list[Hypothesis]] = [[] for _ in range(1 + len(disturbances))]
    n_unchanged = [0] * len(disturbances)
    total = len(ids) * len(found)
    for first in range(0, len(ids), CLIPS_PER_WINDOW):
        poses = list(dataset.poses(ids[first : first + CLIPS_PER_WINDOW]))
        undisturbed = recognizer.recognize(poses)
        found[0] += undisturbed
        for row, one in enumerate(disturbances):
            hypotheses, unchanged = _recognize(recognizer, poses, undisturbed, one, seed)
            found[row + 1] += hypotheses
            n_unchanged[row] += unchanged
            if progress is not None:
                progress(sum(map(len, found)), total)
    counts = [score_counts(hypotheses, dataset, split=split) for hypotheses in found]
    possible = [row for row, n in enumerate(n_unchanged) if n < len(ids)]
    clusters = _clusters(dataset, counts[0].clip_ids)
    plain, *rest = counts
    return StressTable(
        run=run,
        split=split,
        task=recognizer.checkpoint.recipe.task,
        decoder=recognizer.config.name,
        n_clips=len(plain.clip_ids),
        n_ref=int(plain.n_ref.sum()),
        cluster=clusters.kind,
        n_clusters=clusters.n,
        seed=seed,
        rows=_rows(
            plain,
            [(disturbances[row], rest[row], n_unchanged[row]) for row in possible],
            clusters,
        ),
        left_out=tuple(
            f"{KINDS[one.kind]}, {one.level}"
            for row, one in enumerate(disturbances)
            if row not in possible
        ),
        warnings=(*(_SNAPPED if snaps else ()), *_missing(plain), *clusters.notes),
    )


def _recognize(
    recognizer: LoadedRecognizer,
    poses: Sequence[PoseSequence],
    undisturbed: Sequence[Hypothesis],
    one: Disturbance,
    seed: int,
) -> tuple[list[Hypothesis], int]:
    """Hypotheses of the disturbed clips, and how many had nothing to disturb."""
    changed = [one.apply(pose, seed=seed) for pose in poses]
    disturbed = [pose for pose in changed if pose is not None]
    heard = iter(recognizer.recognize(disturbed))
    hypotheses = [
        as_it_was if pose is None else next(heard)
        for pose, as_it_was in zip(changed, undisturbed, strict=True)
    ]
    return hypotheses, len(poses) - len(disturbed)


def _clusters(dataset: PoseDataset, clip_ids: Sequence[str]) -> Clusters:
    """What is drawn together, by the rule of `signkit score`."""
    clips = [dataset.clips[clip_id] for clip_id in clip_ids]
    return choose_clusters(
        [clip.signer for clip in clips], [clip.glosses for clip in clips], draws=DRAWS, seed=0
    )


def _missing(counts: Counts) -> tuple[str, ...]:
    if not counts.missing:
        return ()
    return (f"{len(counts.missing)} clips have no poses and count as wrong in every row",)


def _rows(
    plain: Counts, others: Sequence[tuple[Disturbance, Counts, int]], clusters: Clusters
) -> tuple[StressRow, ...]:
    names = clusters.codes[clusters.kind].astype(str).tolist()

    def row(kind: str, level: str, counts: Counts) -> StressRow:
        wer = counts.wer
        assert wer is not None  # a split without any gloss was refused
        return StressRow(kind, level, wer, clusters.interval(counts.errors, counts.n_ref))

    paired = [paired_test(plain.errors, c.errors, c.n_ref, clusters=names) for _, c, _ in others]
    adjusted = _adjusted([one.kind for one, _, _ in others], [p.p_value for p in paired])
    return (
        row("", "undisturbed", plain),
        *(
            replace(
                row(one.kind, one.level, counts),
                paired=difference,
                p_adjusted=p_value,
                n_unchanged=unchanged,
            )
            for (one, counts, unchanged), difference, p_value in zip(
                others, paired, adjusted, strict=True
            )
        ),
    )


def _adjusted(kinds: Sequence[str], p_values: Sequence[float]) -> list[float]:
    """P values adjusted among those of a kind, in the given order."""
    adjusted = list(p_values)
    for kind in set(kinds):
        where = [i for i, other in enumerate(kinds) if other == kind]
        for i, p_value in zip(where, holm([p_values[i] for i in where]), strict=True):
            adjusted[i] = p_value
    return adjusted
