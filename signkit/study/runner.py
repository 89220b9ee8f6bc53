"""A study is run: train, recognize, score, trial by trial; what is finished is not done again."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from signkit.dataset import PoseDataset
from signkit.errors import SignkitError, StudyError
from signkit.files import write_text
from signkit.hypothesis import read_hypotheses, write_hypotheses
from signkit.recognize import recognize
from signkit.score import Counts, score_counts
from signkit.study.folds import fold_views
from signkit.study.plan import Study, Trial
from signkit.study.table import StudyTable, TrialResult, make_table
from signkit.train import TrainProgress, train

_DONE = "trial.json"
_HYPOTHESES = "hyps.jsonl"


@dataclass(frozen=True)
class StudyProgress:
    """Trials finished, trials in all, and what the one in hand is doing."""

    done: int
    total: int
    trial: Trial
    training: TrainProgress | None = None


def run_study(
    study: Study,
    dataset: PoseDataset,
    out: Path,
    *,
    device: str | None = None,
    progress: Callable[[StudyProgress], None] | None = None,
    **options: Any,
) -> StudyTable:
    """Run every trial and write `study.md`, `study.json` and `trials.csv` into `out`.

    The tables are written anew after every trial, over what is finished by then. A trial that
    cannot be run is listed with its reason, and the others go on.

    Args:
        study: What to compare.
        dataset: Poses and labels.
        out: Folder of the study; one that was stopped goes on.
        device: As for `train`.
        progress: Called after every update of a training, and after every trial.
        options: Further keywords of `train`, the same for every training.

    Raises:
        StudyError: `out` holds another study, or no trial could be run.
    """
    _check_alone()
    trials = study.trials()
    views = _views(study, dataset)
    _claim(out, study, dataset, options)
    for trial in trials:
        _check_finished(trial, out)
    report = progress or (lambda _: None)
    results: list[TrialResult] = []
    for done, trial in enumerate(trials):

        def tell(state: TrainProgress, done: int = done, trial: Trial = trial) -> None:
            report(StudyProgress(done, len(trials), trial, state))

        results.append(
            _run(
                trial,
                views[trial.fold],
                out,
                split=_scored(study),
                device=device,
                options={**options, "progress": tell},
            )
        )
        table = make_table(study, results, dataset.clips)
        table.write(out)
        report(StudyProgress(done + 1, len(trials), trial))
    if all(result.counts is None for result in results):
        raise StudyError(f"no trial could be run; the first one: {results[0].reason}")
    return table


def _views(study: Study, dataset: PoseDataset) -> dict[int, PoseDataset]:
    if study.folds:
        return fold_views(dataset, n_folds=study.folds, group=study.group)
    if not dataset.clips.where(split=study.split):
        raise StudyError(
            f"{dataset.path} has no clip in split {study.split!r}; make one with 'signkit split', "
            "or ask for folds"
        )
    return {0: dataset}


def _scored(study: Study) -> str:
    return "test" if study.folds else study.split


def _run(
    trial: Trial,
    dataset: PoseDataset,
    out: Path,
    *,
    split: str,
    device: str | None,
    options: dict[str, Any],
) -> TrialResult:
    folder = out / trial.folder
    if not (folder / _DONE).is_file():
        try:
            summary = train(
                trial.recipe,
                dataset,
                folder / "run",
                seed=trial.seed,
                device=device,
                resume=True,
                **options,
            )
            found = recognize(folder / "run", dataset, split=split, device=device)
        except SignkitError as error:
            return TrialResult(trial, reason=str(error))
        write_hypotheses(folder / _HYPOTHESES, found)
        done = {
            "trial": _key(trial),
            "n_parameters": summary.n_parameters,
            "seconds": summary.seconds,
        }
        write_text(folder / _DONE, json.dumps(done))
    record = json.loads((folder / _DONE).read_text(encoding="utf-8"))
    counts: Counts = score_counts(read_hypotheses(folder / _HYPOTHESES), dataset, split=split)
    return TrialResult(
        trial,
        counts=counts,
        n_parameters=record["n_parameters"],
        seconds=record["seconds"],
    )


def _check_alone() -> None:
    n_processes = int(os.environ.get("WORLD_SIZE", "1"))
    if n_processes > 1:
        raise StudyError(
            f"torchrun started {n_processes} processes, but a study runs in one; start it without "
            "torchrun, or train its runs one by one"
        )


def _check_finished(trial: Trial, out: Path) -> None:
    """Refuse a result of another recipe before anything is trained."""
    done = out / trial.folder / _DONE
    if done.is_file() and json.loads(done.read_text(encoding="utf-8"))["trial"] != _key(trial):
        raise StudyError(
            f"{done.parent} is a finished trial of another recipe; choose another --out, or delete "
            "it"
        )


def _key(trial: Trial) -> str:
    text = json.dumps([trial.recipe.model_dump(mode="json"), trial.fold, trial.seed])
    return sha256(text.encode()).hexdigest()


def _runs(runs: Sequence[Path]) -> list[str]:
    return [str(run.resolve()) for run in runs]


def _claim(out: Path, study: Study, dataset: PoseDataset, options: Mapping[str, Any]) -> None:
    """Say in `out` whose folder it is; refuse one that belongs to other clips, folds, joined
    datasets or runs to learn from.
    """
    ids = "\n".join(f"{c.clip_id}\t{c.split}\t{' '.join(c.glosses)}" for c in dataset.clips)
    record = {
        "dataset": dataset.info.name,
        "clips": sha256(ids.encode()).hexdigest(),
        "folds": study.folds,
        "group": study.group,
        "split": study.split,
        "--with": [str(other.path.resolve()) for other in options.get("others") or ()],
        "--init-from": _runs([options["init_from"]] if options.get("init_from") else []),
        "--teacher": _runs(options.get("teachers") or ()),
    }
    path = out / "study-of.json"
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        changed = [key for key, value in record.items() if known.get(key, []) != value]
        if changed:
            raise StudyError(
                f"{out} holds a study with other {' and '.join(changed)}; choose another --out"
            )
    elif out.exists() and any(out.iterdir()):
        raise StudyError(f"{out} already holds files that are no study; choose another --out")
    write_text(path, json.dumps(record, indent=1))
