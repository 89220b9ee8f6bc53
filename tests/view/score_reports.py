"""Small reports for the score page: from alignments, with everything that follows from them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from signkit.hypothesis import Hypothesis
from signkit.report import ClipScore, GlossScore, Pair, Report, Slice


def make_clip(clip_id: str, pairs: str | Sequence[Pair], *, signer: str = "") -> ClipScore:
    """`"A B>C D> >E"` is A recognized, B read as C, D deleted, and E inserted."""
    if isinstance(pairs, str):
        pairs = [_pair(text) for text in pairs.split(" ")] if pairs else []
    return ClipScore(
        clip_id=clip_id,
        signer=signer,
        glosses=tuple(reference for reference, _ in pairs if reference is not None),
        hypothesis=tuple(gloss for _, gloss in pairs if gloss is not None),
        pairs=tuple(pairs),
        errors=sum(reference != gloss for reference, gloss in pairs),
    )


def _pair(text: str) -> Pair:
    reference, arrow, gloss = text.partition(">")
    return (reference or None, (gloss or None) if arrow else reference)


def make_report(clips: Sequence[ClipScore], **changes) -> Report:
    """The report of these clips; intervals are a tenth to either side."""
    pairs = [pair for clip in clips for pair in clip.pairs]
    n_ref = sum(len(clip.glosses) for clip in clips)
    deleted = Counter(reference for reference, gloss in pairs if gloss is None)
    inserted = Counter(gloss for reference, gloss in pairs if reference is None)
    both = Counter((r, g) for r, g in pairs if r is not None and g is not None)
    confusions = [(r, g, n) for (r, g), n in both.most_common() if r != g]
    whole = slice_of(clips)
    signers = sorted({clip.signer for clip in clips} - {""})
    lengths = sorted({len(clip.glosses) for clip in clips})
    report = Report(
        task="continuous",
        split="test",
        n_clips=len(clips),
        n_ref=n_ref,
        wer=whole.wer,
        wer_ci=whole.wer_ci,
        substitutions=sum(n for _, _, n in confusions),
        deletions=deleted.total(),
        insertions=inserted.total(),
        sentence_accuracy=sum(not clip.errors for clip in clips) / max(len(clips), 1),
        by_signer={name: slice_of([c for c in clips if c.signer == name]) for name in signers},
        by_length={str(n): slice_of([c for c in clips if len(c.glosses) == n]) for n in lengths},
        seen_sentences=slice_of(clips[:1]),
        unseen_sentences=slice_of(clips[1:]),
        oov_rate=0.0,
        signers="unseen",
        decoder="greedy",
        confusions=tuple(confusions),
        clips=tuple(clips),
    )
    names = dict.fromkeys(g for pair in pairs for g in pair if g is not None)
    glosses = [
        GlossScore(
            gloss=name,
            n_ref=sum(reference == name for reference, _ in pairs),
            hits=both[name, name],
            deletions=deleted[name],
            insertions=inserted[name],
            substituted=sum(n for reference, _, n in confusions if reference == name),
            mistaken=sum(n for _, gloss, n in confusions if gloss == name),
            in_train=True,
        )
        for name in names
    ]
    return replace(report, glosses=tuple(glosses), **changes)


def slice_of(clips: Sequence[ClipScore]) -> Slice:
    n_ref = sum(len(clip.glosses) for clip in clips)
    if not n_ref:
        return Slice(None, 0, len(clips))
    wer = sum(clip.errors for clip in clips) / n_ref
    return Slice(wer, n_ref, len(clips), (max(wer - 0.1, 0), wer + 0.1))


def make_hypothesis(clip: ClipScore, *, sure: float = 0.8) -> Hypothesis:
    """What was recognized in the clip, one gloss every 0.2 s, each 0.1 s long."""
    n = len(clip.hypothesis)
    times = tuple((0.2 * place, 0.2 * place + 0.1) for place in range(n))
    return Hypothesis(clip.clip_id, clip.hypothesis, times_s=times, confidence=(sure,) * n)
