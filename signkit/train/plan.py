"""Before the first update: which clips, which glosses, which frame rate, and whether training is
possible at all.
"""

from collections import Counter
from dataclasses import dataclass

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import TrainingError
from signkit.models.recognizer import shortest_clip
from signkit.partition import carve_dev
from signkit.recipe import Recipe
from signkit.train.loader import Example, make_examples
from signkit.vocabulary import Vocabulary


@dataclass(frozen=True)
class Plan:
    """What a training run works on.

    Args:
        train: Examples of the train split, without those carved out for dev.
        dev: Examples that choose the weights.
        vocabulary: Glosses of `train`.
        fps: Working frame rate.
        dev_source: `dev split`, or how dev was carved out of train.
    """

    train: list[Example]
    dev: list[Example]
    vocabulary: Vocabulary
    fps: float
    dev_source: str

    def describe(self, dataset: PoseDataset) -> dict[str, object]:
        """What the checkpoint keeps about the data."""
        ids = [e.clip.clip_id for e in (*self.train, *self.dev)]
        carved = self.dev_source != "dev split"
        return {
            "dataset": dataset.info.name,
            "fingerprint": dataset.fingerprint(ids),
            "n_train": len(self.train),
            "n_dev": len(self.dev),
            "dev_source": self.dev_source,
            "dev_ids": [e.clip.clip_id for e in self.dev] if carved else [],
            "train_signers": sorted({e.clip.signer for e in self.train}),
        }


def make_plan(recipe: Recipe, dataset: PoseDataset) -> Plan:
    """Choose clips, glosses and frame rate.

    Raises:
        TrainingError: Labels and task do not fit, or clips are too short for CTC.
    """
    train_clips = dataset.labelled(split="train")
    _check_task(train_clips, recipe)
    if dataset.clips.where(split="dev"):
        dev_clips, source = dataset.labelled(split="dev"), "dev split"
        _check_task(dev_clips, recipe)
    else:
        train_clips, dev_clips, source = _carve(train_clips, recipe)
    continuous = recipe.task == "continuous"
    vocabulary = Vocabulary.of((clip.glosses for clip in train_clips), has_blank=continuous)
    fps = recipe.data.fps or _usual_fps(dataset, train_clips)
    train = make_examples(dataset, train_clips, vocabulary, fps=fps)
    if continuous:
        _check_lengths(train, recipe)
    dev = make_examples(dataset, dev_clips, vocabulary, fps=fps)
    return Plan(train, dev, vocabulary, fps, source)


def _carve(clips: list[Clip], recipe: Recipe) -> tuple[list[Clip], list[Clip], str]:
    dev_ids = carve_dev(clips, share=recipe.data.dev_share, seed=recipe.train.seed)
    dev = [clip for clip in clips if clip.clip_id in dev_ids]
    train = [clip for clip in clips if clip.clip_id not in dev_ids]
    if not dev:
        return train, train, "the train clips themselves: too few to carve a dev split"
    return train, dev, f"{len(dev)} clips carved out of train"


def _check_task(clips: list[Clip], recipe: Recipe) -> None:
    wrong = [clip for clip in clips if len(clip.glosses) != 1]
    if recipe.task == "isolated" and wrong:
        raise TrainingError(
            f"recipe is for isolated signs, but {len(wrong)} of {len(clips)} clips have "
            f"several glosses, "
            f"for instance {wrong[0].clip_id!r} ({' '.join(wrong[0].glosses)}); use a "
            f"continuous recipe"
        )


def _usual_fps(dataset: PoseDataset, clips: list[Clip]) -> float:
    counts = Counter(round(dataset.fps(clip.clip_id), 3) for clip in clips)
    return counts.most_common(1)[0][0]


def _check_lengths(examples: list[Example], recipe: Recipe) -> None:
    """CTC needs a step for each gloss and one between equal neighbours; a shorter clip has infinite
    loss.
    """
    subsampling = recipe.model.subsampling
    short = [e for e in examples if e.n_frames < shortest_clip(list(e.target), subsampling)]
    if short:
        worst = short[0]
        raise TrainingError(
            f"{len(short)} clips have too few frames for their glosses, for instance "
            f"{worst.clip.clip_id!r}: {worst.n_frames} frames, {len(worst.target)} glosses at "
            f"subsampling {subsampling}; set model.subsampling lower, raise data.fps, or "
            f"correct the labels"
        )
