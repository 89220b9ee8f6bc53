"""Hypotheses of one split become a report: counts, intervals, slices, gloss table, alignments."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.dataset import PoseDataset
from signkit.hypothesis import Hypothesis
from signkit.report import Report, name_slices
from signkit.score.bootstrap import DRAWS
from signkit.score.clusters import Clusters, choose_clusters
from signkit.score.counts import Counts, score_aligned
from signkit.score.gloss_table import confusions, count_pairs, gloss_scores
from signkit.score.inputs import clips_of, hypotheses_by_clip, references_of
from signkit.score.profiles import Profile, find_profile
from signkit.score.slices import (
    group_masks,
    missing_by_gloss,
    missing_by_signer,
    out_of_vocabulary,
    signers_word,
    train_of,
)
from signkit.score.summary import (
    clip_scores,
    data_hash,
    emptied_note,
    length_ratio,
    mean_clip_wer,
    nan_note,
    snapped_note,
    wer_unsnapped,
)
from signkit.score.top import TOPS, top_accuracies

Glosses = tuple[str, ...]


def score_dataset(
    hypotheses: Sequence[Hypothesis],
    dataset: PoseDataset,
    *,
    split: str,
    task: str | None = None,
    decoder: str = "greedy",
    train_glosses: Collection[str] | None = None,
    vocabulary_hash: str = "",
    references: Mapping[str, Sequence[str]] | None = None,
    profile: str | Profile = "none",
    cluster: str = "auto",
    top: Sequence[int] = TOPS,
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
        vocabulary_hash: Of the recognizer's glosses.
        references: Clip id to glosses, instead of those of the dataset; exactly the split's clips.
        profile: What is done to the glosses before they are counted, or its name.
        cluster: What intervals are drawn over: auto, signer, sentence, clip or two-way.
        top: Isolated: among how many candidates the right gloss is looked for.
        allow_empty: Accept clips without glosses as clips in which nothing is signed.
        draws: Bootstrap replicates.
        seed: Of the bootstrap.

    Raises:
        ScoreError: The split is empty or unlabelled, or the hypotheses do not belong to it.
    """
    profile = find_profile(profile) if isinstance(profile, str) else profile
    clips = clips_of(dataset, split)
    raw = references_of(clips, references, split, allow_empty=allow_empty)
    found = hypotheses_by_clip(hypotheses, dataset, split)
    expected = {clip_id: profile.reference(glosses) for clip_id, glosses in raw.items()}
    counts, alignments = score_aligned(
        references=expected,
        hypotheses={clip_id: profile.apply(h.glosses) for clip_id, h in found.items()},
        allow_empty=True,  # a profile may leave nothing of a reference; others were refused
    )
    sentences = list(expected.values())
    clusters = choose_clusters(
        [clip.signer for clip in clips], sentences, kind=cluster, draws=draws, seed=seed
    )
    train = train_of(
        dataset.clips.where(split="train"), train_glosses, profile.reference, raw.values()
    )
    task = task or infer_task(sentences, [profile.apply(h.glosses) for h in hypotheses])
    accuracies = (
        top_accuracies(
            sentences,
            [found.get(clip_id) for clip_id in expected],
            ks=top,
            clusters=clusters,
            apply=profile.apply,
        )
        if task == "isolated"
        else ()
    )
    shares = {accuracy.k: accuracy.per_instance for accuracy in accuracies}
    pairs = count_pairs(alignments)
    oov = out_of_vocabulary(sentences, train)
    is_right = counts.errors == 0
    missing = frozenset(counts.missing)
    before_snapping = wer_unsnapped(expected, found, profile)
    report = Report(
        task=task,
        split=split,
        n_clips=len(clips),
        n_ref=int(counts.n_ref.sum()),
        wer=counts.wer,
        wer_ci=clusters.interval(counts.errors, counts.n_ref),
        substitutions=int(counts.substitutions.sum()),
        deletions=int(counts.deletions.sum()),
        insertions=int(counts.insertions.sum()),
        sentence_accuracy=float(is_right.mean()),
        sentence_accuracy_ci=clusters.accuracy_interval(is_right),
        **_slices(group_masks(clips, sentences, train), counts, clusters),
        oov=oov,
        oov_rate=None if oov is None else oov.wer_floor,
        signers=signers_word(clips, train),
        decoder=decoder,
        missing=counts.missing,
        wer_without_missing=counts.where([i not in missing for i in counts.clip_ids]).wer,
        missing_by_signer=missing_by_signer(clips, counts.missing),
        missing_by_gloss=missing_by_gloss(expected, counts.missing),
        n_empty=int((counts.n_hyp == 0).sum()),
        length_ratio=length_ratio(counts),
        mean_clip_wer=mean_clip_wer(counts),
        cluster=clusters.kind,
        n_clusters=clusters.n,
        top1=shares.get(1),
        top5=shares.get(5),
        top=accuracies,
        glosses=gloss_scores(pairs, train.glosses),
        confusions=confusions(pairs),
        profile=profile.note(list(raw.values())),
        wer_unsnapped=before_snapping,
        clips=clip_scores(clips, alignments, counts.errors),
        notes=(
            *clusters.notes,
            *emptied_note(raw, expected),
            *nan_note(raw, found),
            *snapped_note(before_snapping),
        ),
        data_hash=data_hash(raw),
        vocabulary_hash=vocabulary_hash,
        seed=seed,
    )
    _assert_rates_agree(report)
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
    clips = clips_of(dataset, split)
    found = hypotheses_by_clip(hypotheses, dataset, split)
    return score_aligned(
        references=references_of(clips, None, split, allow_empty=allow_empty),
        hypotheses={clip_id: hypothesis.glosses for clip_id, hypothesis in found.items()},
        allow_empty=allow_empty,
    )[0]


def infer_task(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> str:
    """isolated where every reference is one gloss and no hypothesis is longer, else continuous."""
    is_isolated = all(len(glosses) == 1 for glosses in references) and all(
        len(glosses) <= 1 for glosses in hypotheses
    )
    return "isolated" if is_isolated else "continuous"


def slice_masks(
    dataset: PoseDataset,
    *,
    split: str,
    references: Mapping[str, Sequence[str]] | None = None,
    profile: str | Profile = "none",
    train_glosses: Collection[str] | None = None,
) -> dict[str, NDArray[np.bool_]]:
    """Which clips of a split each slice has: (N,) masks by the names of `Report.slices`.

    The clips are in the order of `Report.clips`; the arguments are those of `score_dataset`.
    """
    profile = find_profile(profile) if isinstance(profile, str) else profile
    clips = clips_of(dataset, split)
    raw = references_of(clips, references, split, allow_empty=True)
    train = train_of(
        dataset.clips.where(split="train"), train_glosses, profile.reference, raw.values()
    )
    masks = group_masks(clips, [profile.reference(glosses) for glosses in raw.values()], train)
    return {name: mask for name, mask in name_slices(masks).items() if mask.any()}


def _slices(masks: Mapping[str, Any], counts: Counts, clusters: Clusters) -> dict[str, Any]:
    """The slices of a report, by its fields."""
    return {
        name: _slices(mask, counts, clusters)
        if isinstance(mask, dict)
        else clusters.slice(counts.errors, counts.n_ref, mask)
        for name, mask in masks.items()
    }


def _assert_rates_agree(report: Report) -> None:
    """Isolated recognition: one gloss against one gloss, so the error rate is 1 - top 1."""
    is_one_to_one = all(len(c.glosses) == 1 and len(c.hypothesis) <= 1 for c in report.clips)
    if report.top1 is not None and is_one_to_one:
        assert report.wer is not None
        assert abs(report.wer - (1 - report.top1)) < 1e-9
