"""The clips that a run may be tuned on: its dev clips, never those it learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

from signkit.checkpoint import Checkpoint, learned_other_clips
from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import RecognitionError
from signkit.train.plan import DEV_SPLIT

_REFUSED = {
    "test": "knobs that were chosen on test clips make every score on these worthless",
    "train": "the run has learned the train clips, so they do not tell how it hears others",
}


@dataclass(frozen=True)
class DevClips:
    """Labelled clips with poses.

    Args:
        clips: At least one.
        source: Where they come from, in words.
        warnings: What a reader of results on them should know.
    """

    clips: tuple[Clip, ...]
    source: str
    warnings: tuple[str, ...] = ()


def find_dev_clips(checkpoint: Checkpoint, dataset: PoseDataset, split: str = "dev") -> DevClips:
    """The dev split of a dataset or, where it has none, what the run carved out of train.

    Raises:
        RecognitionError: `split` is not dev, or there is no such clip.
    """
    if split != "dev":
        why = _REFUSED.get(split, f"there is no split {split!r}")
        raise RecognitionError(f"{why}; use --split dev")
    if dataset.clips.where(split="dev"):
        clips = tuple(dataset.labelled(split="dev"))
        return DevClips(clips, "dev split", _maybe_learned(checkpoint, dataset, clips))
    return _carved(checkpoint, dataset)


def _carved(checkpoint: Checkpoint, dataset: PoseDataset) -> DevClips:
    ids = list(checkpoint.data.get("dev_ids", ()))
    is_all_of_train = len(ids) == checkpoint.data.get("n_train") and "themselves" in str(
        checkpoint.data.get("dev_source")
    )
    known = [clip_id for clip_id in ids if _is_usable(clip_id, dataset)]
    if not known or is_all_of_train:
        lacks = "carved none out of train"
        if is_all_of_train:
            lacks = "had too few clips to carve some out of train"
        elif ids:
            lacks = f"carved {len(ids)} out of another dataset (first: {ids[0]!r})"
        raise RecognitionError(
            f"{dataset.path} has no dev clips and the run {lacks}; make a dev split with "
            "'signkit split', and train again"
        )
    warnings = []
    if len(known) < len(ids):
        warnings.append(f"{len(ids) - len(known)} of the run's {len(ids)} dev clips are not here")
    clips = tuple(dataset.clips[clip_id] for clip_id in known)
    return DevClips(clips, f"{len(known)} clips that the run carved out of train", tuple(warnings))


def _is_usable(clip_id: str, dataset: PoseDataset) -> bool:
    is_known = clip_id in dataset.clips and dataset.has_pose(clip_id)
    return is_known and bool(dataset.clips[clip_id].glosses)


def _maybe_learned(
    checkpoint: Checkpoint, dataset: PoseDataset, clips: Sequence[Clip]
) -> tuple[str, ...]:
    """A warning where the run may have been trained on these clips."""
    data = checkpoint.data
    if data.get("dataset") != dataset.info.name:
        return ()
    carved = frozenset(data.get("dev_ids", ()))
    if carved:
        if all(clip.clip_id in carved for clip in clips):
            return ()
        return (
            "the run was trained when this dataset had no dev split, so it has learned dev clips: "
            "the knobs mean nothing; train again on the train split of now",
        )
    if data.get("dev_source") == DEV_SPLIT and not learned_other_clips(checkpoint, dataset):
        return ()
    return (
        "the run was trained on other clips of this dataset, perhaps on dev clips of now; then the "
        "knobs mean nothing: train again if the splits have changed",
    )
