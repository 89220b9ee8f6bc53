"""The knobs of a run's decoder, chosen on its dev clips and stored in the run.

The recognizer is asked once; every setting only decodes what it heard. Knobs that were chosen on
clips look better on these clips than on others, so what tuning gains is measured by
cross-validation: the clusters of `signkit score` are dealt out into five folds, and each fold is
scored with the setting that is best on the other four. Means are taken up one by one, simpler ones
first: greedy with a blank bias, a beam, a beam with language model. Each is kept only if it is
better than what was kept before by the paired test of `signkit compare` on these scores
(p < 0.05); so the default stays where nothing is surely better.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from signkit.dataset import PoseDataset
from signkit.decoding import FILE_NAME, DecoderConfig, LanguageModel
from signkit.errors import RecognitionError
from signkit.files import atomic_path, sha256_of, write_text
from signkit.recognize import load_recognizer
from signkit.score import score
from signkit.score.bootstrap import DRAWS
from signkit.score.clusters import Clusters, choose_clusters
from signkit.score.paired import paired_test
from signkit.study.dev_clips import DevClips, find_dev_clips
from signkit.study.knobs import means, search, simplicity
from signkit.study.lattices import Lattices, make_lattices
from signkit.study.tuning import Step, Tried, Tuning

RECORD = "tuning.json"
N_FOLDS = 5
SURE = 0.05
_LM_FILES = "lm-*.arpa*"

Integers = NDArray[np.int64]


def tune(
    run: Path,
    dataset: PoseDataset,
    *,
    split: str = "dev",
    beam: int | None = None,
    lm: LanguageModel | None = None,
    lm_file: Path | None = None,
    device: str | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Tuning:
    """Try settings of the decoder on the dev clips; nothing is written.

    Args:
        run: Run folder of a continuous recognizer.
        dataset: Poses and labels.
        split: dev; where the dataset has none, the clips that the run carved out of train.
        beam: Also try a beam of this width; with a language model by default one of 10.
        lm: Language model to try, loaded.
        lm_file: Where it was read.
        device: By default the best.
        progress: Called with (what is done, how much is done, how much there is if known).

    Raises:
        RecognitionError: The run is isolated, or there are no dev clips.
    """
    if (lm is None) != (lm_file is None):
        raise TypeError("lm and lm_file are given together or not at all")
    recognizer = load_recognizer(run, device=device, decoder=DecoderConfig())
    if recognizer.checkpoint.recipe.task == "isolated":
        raise RecognitionError(
            f"{run} is an isolated run: one gloss a clip, and the most probable one is taken; its "
            "decoder has no knob to tune"
        )
    dev = find_dev_clips(recognizer.checkpoint, dataset, split)
    report = progress or (lambda *_: None)
    lattices = make_lattices(
        recognizer,
        dataset,
        [clip.clip_id for clip in dev.clips],
        progress=lambda done, total: report("recognize", done, total),
    )
    counted = _Counted(dev, lattices, lm, lambda n: report("decode", n, None))
    width = DecoderConfig.beam if beam is None and lm is not None else beam
    digest = "" if lm_file is None else sha256_of(lm_file)
    tried = search(
        counted.total, beam=width, lm="" if lm_file is None else stored_name(lm_file, digest)
    )
    return _judged(counted, tried, digest)


class _Counted:
    """Errors of every setting that was tried, clip by clip."""

    def __init__(
        self,
        dev: DevClips,
        lattices: Lattices,
        lm: LanguageModel | None,
        report: Callable[[int], None],
    ) -> None:
        self.dev = dev
        self.references = {clip.clip_id: clip.glosses for clip in dev.clips}
        self.n_ref = np.array([len(g) for g in self.references.values()], dtype=np.int64)
        self.errors: dict[DecoderConfig, Integers] = {}
        self._lattices, self._lm, self._report = lattices, lm, report

    def total(self, config: DecoderConfig) -> int:
        """Errors of a setting on all clips."""
        found = self._lattices.decode(config, self._lm if config.uses_lm else None)
        self.errors[config] = score(references=self.references, hypotheses=found).errors
        self._report(len(self.errors))
        return int(self.errors[config].sum())

    def tried(self, config: DecoderConfig) -> Tried:
        errors = int(self.errors[config].sum())
        return Tried(config.name, config, errors / int(self.n_ref.sum()), errors)


def _judged(counted: _Counted, tried: Sequence[DecoderConfig], digest: str) -> Tuning:
    clips, n_ref = counted.dev.clips, counted.n_ref
    clusters = choose_clusters(
        [clip.signer for clip in clips], [clip.glosses for clip in clips], draws=DRAWS, seed=0
    )
    steps = _climb(counted, clusters)
    kept = [DecoderConfig(), *(step.best.config for step in steps if step.is_kept)]
    return Tuning(
        source=counted.dev.source,
        n_clips=len(clips),
        n_ref=int(n_ref.sum()),
        default=counted.tried(DecoderConfig()),
        default_ci=clusters.interval(counted.errors[DecoderConfig()], n_ref),
        steps=steps,
        chosen=kept[-1],
        tried=tuple(map(counted.tried, tried)),
        cluster=clusters.kind,
        n_clusters=clusters.n,
        warnings=(*counted.dev.warnings, *clusters.notes),
        lm_sha256=digest,
    )


def _climb(counted: _Counted, clusters: Clusters) -> tuple[Step, ...]:
    """The best of ever more means, each against what was kept before it."""
    names = clusters.codes[clusters.kind].astype(str).tolist()
    n_ref = counted.n_ref
    kept, kept_errors = DecoderConfig(), counted.errors[DecoderConfig()]
    steps = []
    for _, group in groupby(sorted(counted.errors, key=simplicity), key=means):
        settings = list(group)
        table = np.stack([counted.errors[config] for config in settings])  # (settings, N)
        best = settings[int(table.sum(axis=1).argmin())]
        crossed = cross_validated(table, clusters.codes[clusters.kind])
        paired = paired_test(kept_errors, crossed, n_ref, clusters=names)
        step = Step(
            best=counted.tried(best),
            wer_ci=clusters.interval(counted.errors[best], n_ref),
            crossed_wer=int(crossed.sum()) / int(n_ref.sum()),
            against=kept.name,
            paired=paired,
            is_kept=best != kept and paired.difference < 0 and paired.p_value < SURE,
        )
        steps.append(step)
        if step.is_kept:
            kept, kept_errors = best, crossed
    return tuple(steps)


def cross_validated(table: Integers, units: Integers) -> Integers:
    """(N,) errors of each clip with the setting that is best on the other folds.

    Args:
        table: (settings, N) errors, the simplest setting first.
        units: (N,) number of each clip's cluster, from 0; folds keep clusters whole.
    """
    fold_of = units % N_FOLDS
    crossed = np.zeros(table.shape[1], dtype=np.int64)
    for fold in np.unique(fold_of):
        held_out = fold_of == fold
        chosen = int(table[:, ~held_out].sum(axis=1).argmin())
        crossed[held_out] = table[chosen, held_out]
    return crossed


def store(run: Path, tuning: Tuning, lm_file: Path | None = None) -> None:
    """Write the chosen knobs into the run, its language model beside them, and what was tried.

    What an earlier tuning stored is replaced. The knobs are written last but for the clearing up,
    so a run that is read meanwhile is whole.
    """
    kept = run / tuning.chosen.lm if tuning.chosen.lm else None
    if kept is not None and lm_file is not None and not _is_copy(kept, tuning.lm_sha256):
        with atomic_path(kept) as temporary:
            shutil.copyfile(lm_file, temporary)
    write_text(run / RECORD, json.dumps(tuning.to_json(), indent=1, ensure_ascii=False) + "\n")
    tuning.chosen.write(run / FILE_NAME)
    for old in run.glob(_LM_FILES):
        if old != kept:
            old.unlink()


def stored_name(lm_file: Path, digest: str) -> str:
    """Name of a language model in the run; signatures then say which one it was."""
    ending = ".arpa.gz" if lm_file.suffix == ".gz" else ".arpa"
    return f"lm-{digest[:12]}{ending}"


def _is_copy(path: Path, digest: str) -> bool:
    return path.is_file() and sha256_of(path) == digest
