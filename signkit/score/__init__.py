"""Hypotheses and references become a report: counts, interval, slices by signer and sentence."""

from collections.abc import Callable, Collection, Sequence

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.report import Report, Slice
from signkit.score.bootstrap import DRAWS, bootstrap_interval
from signkit.score.counts import Counts, score

__all__ = ["Counts", "bootstrap_interval", "infer_task", "score", "score_counts", "score_dataset"]

UNKNOWN_SIGNER = "unknown"


def score_dataset(
    hypotheses: Sequence[Hypothesis],
    dataset: PoseDataset,
    *,
    split: str,
    task: str | None = None,
    decoder: str = "greedy",
    train_glosses: Collection[str] | None = None,
    allow_empty: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> Report:
    """The report of one split; a clip without a hypothesis counts as an empty one.

    Args:
        hypotheses: At most one for each clip of the split, none for any other clip.
        dataset: Has the references; its train split says which signers and sentences were seen.
        split: train, dev or test.
        task: isolated or continuous; None: isolated where every reference and hypothesis is one
            gloss.
        decoder: Name for the signature.
        train_glosses: What the recognizer could say; None: the glosses of the train split.
        allow_empty: Accept clips without glosses as clips in which nothing is signed.
        draws: Bootstrap replicates.
        seed: Of the bootstrap.

    Raises:
        ScoreError: The split is empty or unlabelled, or the hypotheses do not belong to it.
    """
    counts = score_counts(hypotheses, dataset, split=split, allow_empty=allow_empty)
    clips = _clips_of(dataset, split)
    found = _hypotheses_by_clip(hypotheses, dataset, split)
    train = dataset.clips.where(split="train")
    if train_glosses is None and train:
        train_glosses = {gloss for clip in train for gloss in clip.glosses}
    task = task or infer_task(clips, hypotheses)
    missing = set(counts.missing)
    seen, unseen = _sentence_slices(counts, clips, train)
    top1, top5 = _top_shares(clips, found) if task == "isolated" else (None, None)
    report = Report(
        task=task,
        split=split,
        n_clips=len(clips),
        n_ref=int(counts.n_ref.sum()),
        wer=counts.wer,
        wer_ci=bootstrap_interval(counts.errors, counts.n_ref, draws=draws, seed=seed),
        substitutions=int(counts.substitutions.sum()),
        deletions=int(counts.deletions.sum()),
        insertions=int(counts.insertions.sum()),
        sentence_accuracy=float((counts.errors == 0).mean()),
        by_signer=_signer_slices(counts, clips),
        seen_sentences=seen,
        unseen_sentences=unseen,
        oov_rate=_oov_rate(clips, train_glosses),
        signers=_signers_word(clips, train),
        decoder=decoder,
        missing=counts.missing,
        wer_without_missing=counts.where([c.clip_id not in missing for c in clips]).wer,
        n_empty=int((counts.n_hyp == 0).sum()),
        top1=top1,
        top5=top5,
        seed=seed,
    )
    _assert_rates_agree(report, clips, found)
    return report


def score_counts(
    hypotheses: Sequence[Hypothesis],
    dataset: PoseDataset,
    *,
    split: str,
    allow_empty: bool = False,
) -> Counts:
    """The errors of each clip of a split; a clip without a hypothesis counts as an empty one.

    Raises:
        ScoreError: The split is empty or unlabelled, or the hypotheses do not belong to it.
    """
    clips = _clips_of(dataset, split)
    found = _hypotheses_by_clip(hypotheses, dataset, split)
    _refuse_unlabelled(clips, split, allow_empty=allow_empty)
    return score(
        references={clip.clip_id: clip.glosses for clip in clips},
        hypotheses={clip_id: hypothesis.glosses for clip_id, hypothesis in found.items()},
        allow_empty=allow_empty,
    )


def infer_task(clips: Sequence[Clip], hypotheses: Sequence[Hypothesis]) -> str:
    """isolated where every reference is one gloss and no hypothesis is longer, else continuous."""
    is_isolated = all(len(clip.glosses) == 1 for clip in clips) and all(
        len(hypothesis.glosses) <= 1 for hypothesis in hypotheses
    )
    return "isolated" if is_isolated else "continuous"


def _clips_of(dataset: PoseDataset, split: str) -> list[Clip]:
    clips = list(dataset.clips.where(split=split))
    if not clips:
        splits = dataset.clips.column("split")
        counts = ", ".join(f"{s} {splits.count(s)}" for s in ("train", "dev", "test"))
        raise ScoreError(
            f"{dataset.path} has no clip in split {split!r} ({counts}); score another split with "
            "--split or make one with 'signkit split'"
        )
    return clips


def _hypotheses_by_clip(
    hypotheses: Sequence[Hypothesis], dataset: PoseDataset, split: str
) -> dict[str, Hypothesis]:
    found: dict[str, Hypothesis] = {}
    for hypothesis in hypotheses:
        clip_id = hypothesis.clip_id
        if clip_id in found:
            raise ScoreError(f"clip {clip_id!r} has two hypotheses; keep one")
        if clip_id not in dataset.clips:
            raise ScoreError(
                f"there is a hypothesis for clip {clip_id!r}, which {dataset.path} does not have; "
                "score against the dataset that was recognized"
            )
        other = dataset.clips[clip_id].split
        if other != split:
            where = f"in split {other!r}" if other else "in no split"
            raise ScoreError(
                f"there is a hypothesis for clip {clip_id!r}, which is {where}, not {split!r}; "
                f"recognize with --split {split}"
            )
        found[clip_id] = hypothesis
    return found


def _refuse_unlabelled(clips: Sequence[Clip], split: str, *, allow_empty: bool) -> None:
    empty = [clip.clip_id for clip in clips if not clip.glosses]
    if empty and not allow_empty:
        raise ScoreError(
            f"{len(empty)} of {len(clips)} clips of split {split!r} have no glosses (first: "
            f"{empty[0]!r}); label them, take them out of the split, or use --allow-empty if "
            "nothing is signed there"
        )


def _slice(counts: Counts) -> Slice:
    return Slice(counts.wer, int(counts.n_ref.sum()), len(counts.clip_ids))


def _signer_slices(counts: Counts, clips: Sequence[Clip]) -> dict[str, Slice]:
    if not any(clip.signer for clip in clips):
        return {}
    signers = [clip.signer or UNKNOWN_SIGNER for clip in clips]
    return {
        signer: _slice(counts.where([name == signer for name in signers]))
        for signer in sorted(set(signers))
    }


def _sentence_slices(
    counts: Counts, clips: Sequence[Clip], train: Sequence[Clip]
) -> tuple[Slice, Slice]:
    def part(belongs: Callable[[Clip], bool]) -> Slice:
        return _slice(counts.where([belongs(clip) for clip in clips]))

    if not train:
        return part(lambda _: False), part(lambda _: False)
    sentences = {clip.glosses for clip in train}
    return part(lambda clip: clip.glosses in sentences), part(
        lambda clip: clip.glosses not in sentences
    )


def _oov_rate(clips: Sequence[Clip], train_glosses: Collection[str] | None) -> float | None:
    glosses = [gloss for clip in clips for gloss in clip.glosses]
    if train_glosses is None or not glosses:
        return None
    known = frozenset(train_glosses)
    return sum(gloss not in known for gloss in glosses) / len(glosses)


def _signers_word(clips: Sequence[Clip], train: Sequence[Clip]) -> str:
    here, there = ({clip.signer for clip in some} for some in (clips, train))
    if "" in here | there or not there:
        return "unknown"
    if here <= there:
        return "seen"
    return "mixed" if here & there else "unseen"


def _top_shares(clips: Sequence[Clip], found: dict[str, Hypothesis]) -> tuple[float, float | None]:
    """Shares of clips with the right gloss first, and among the best five."""
    nothing = Hypothesis(clip_id="", glosses=())
    pairs = [(clip.glosses, found.get(clip.clip_id, nothing)) for clip in clips]
    top1 = sum(reference == best.glosses for reference, best in pairs) / len(pairs)
    if not any(best.n_best for _, best in pairs):
        return top1, None
    in_top5 = (
        reference in ([glosses for glosses, _ in best.n_best[:5]] or [best.glosses])
        for reference, best in pairs
    )
    return top1, sum(in_top5) / len(pairs)


def _assert_rates_agree(
    report: Report, clips: Sequence[Clip], found: dict[str, Hypothesis]
) -> None:
    """Isolated recognition: one gloss against one gloss, so the error rate is 1 - top 1."""
    is_one_to_one = all(len(clip.glosses) == 1 for clip in clips) and all(
        len(hypothesis.glosses) <= 1 for hypothesis in found.values()
    )
    if report.top1 is not None and is_one_to_one:
        assert report.wer is not None
        assert abs(report.wer - (1 - report.top1)) < 1e-9
