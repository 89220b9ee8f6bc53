"""What each split holds: clips, poses, signers, glosses, words train does not know, clips too short
for CTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.clip import SPLITS
from signkit.dataset import PoseDataset
from signkit.split.labels import Codes, Labels, Mask
from signkit.split.overlap import N_EXAMPLES

NO_SPLIT = "none"


@dataclass(frozen=True)
class Unknown:
    """Glosses of a split that train does not have; no recognizer can get them right.

    Args:
        n_glosses: Different ones.
        n_signed: How often they are signed.
        share: Of all glosses signed in the split: the lowest word error rate there can be.
        examples: A few of them.
    """

    n_glosses: int
    n_signed: int
    share: float
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Balance:
    """How evenly glosses are signed in a split.

    Args:
        fewest, median, most: How often a gloss of the split is signed in it.
        commonest: The gloss signed most.
        n_once: Glosses that are signed once.
        distance: How far its gloss shares are from train's: the part of the split, 0 to 1, that
            would have to be other glosses (total variation). None where one of them has no glosses.
    """

    fewest: int
    median: float
    most: int
    commonest: str
    n_once: int
    distance: float | None


@dataclass(frozen=True)
class TooShort:
    """Clips with fewer frames than CTC needs: one for each gloss, one more between equal ones.

    Args:
        n_checked: Clips with poses and glosses.
        n_clips: Those with too few frames after subsampling.
        examples: A few of them.
    """

    n_checked: int
    n_clips: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SplitFacts:
    """What a split holds; the split called `none` are the clips that are in no split.

    Args:
        n_clips: Its clips.
        n_labelled, n_with_poses: Those with glosses, those with landmarks.
        n_labels_without_poses, n_poses_without_labels: Those with only one of the two.
        n_signers, n_sentences, n_glosses: Different ones.
        n_without_signer: Clips of which nobody knows who signs.
        n_signed: Glosses, as often as they are signed.
        lengths: Fewest, median and most glosses of a clip with glosses.
        n_with_repeats: Clips in which a gloss follows an equal one.
        unknown: Glosses train does not have; None for train, and where train has no glosses.
        balance: None without glosses.
        too_short: For CTC; None where no clip has poses.
    """

    n_clips: int
    n_labelled: int
    n_with_poses: int
    n_labels_without_poses: int
    n_poses_without_labels: int
    n_signers: int
    n_sentences: int
    n_glosses: int
    n_without_signer: int
    n_signed: int
    lengths: tuple[int, float, int] | None
    n_with_repeats: int
    unknown: Unknown | None
    balance: Balance | None
    too_short: TooShort | None


def split_facts(
    clip_ids: Sequence[str],
    splits: NDArray[np.object_],
    labels: Labels,
    signers: Codes,
    frames: Codes,
    *,
    subsampling: int,
) -> dict[str, SplitFacts]:
    """Split to what it holds, for every split that has clips.

    Args:
        clip_ids: Of the N clips.
        splits: (N,) their splits.
        labels: Their glosses.
        signers: (N,) number of the signer, -1 where unknown.
        frames: (N,) frames at the rate of training, 0 without a pose.
        subsampling: Frames in for one step of CTC.
    """
    train = labels.gloss_counts(splits == "train")
    ids = np.asarray(clip_ids, dtype=object)
    has_poses = frames > 0
    facts = {}
    for split in (*SPLITS, ""):
        is_in = splits == split
        if not is_in.any():
            continue
        labelled = is_in & labels.is_labelled
        counts = labels.gloss_counts(is_in)
        lengths = labels.lengths[labels.sentence_of[labelled]]
        has_unknown = split in ("dev", "test") and train.any() and counts.any()
        facts[split or NO_SPLIT] = SplitFacts(
            n_clips=int(is_in.sum()),
            n_labelled=int(labelled.sum()),
            n_with_poses=int((is_in & has_poses).sum()),
            n_labels_without_poses=int((labelled & ~has_poses).sum()),
            n_poses_without_labels=int((is_in & has_poses & ~labels.is_labelled).sum()),
            n_signers=len(np.unique(signers[is_in & (signers >= 0)])),
            n_sentences=len(np.unique(labels.sentence_of[labelled])),
            n_glosses=int((counts > 0).sum()),
            n_without_signer=int((is_in & (signers < 0)).sum()),
            n_signed=int(counts.sum()),
            lengths=_range(lengths),
            n_with_repeats=int((labels.repeats[labels.sentence_of[labelled]] > 0).sum()),
            unknown=_unknown(labels, counts, train) if has_unknown else None,
            balance=_balance(labels, counts, train) if counts.any() else None,
            too_short=_too_short(ids, labels, labelled, frames, subsampling),
        )
    return facts


def frames_of(dataset: PoseDataset, is_wanted: Mask) -> tuple[Codes, float | None]:
    """Frames of each clip at the rate that training takes, and that rate.

    Args:
        dataset: With or without poses.
        is_wanted: (N,) the clips whose most common rate training takes; all if it has no poses.

    Returns:
        (N,) frames, 0 for clips without a pose; frames per second, None without poses.
    """
    n_frames, fps = np.zeros(len(dataset.clips), dtype=np.int64), np.zeros(len(dataset.clips))
    ids = dataset.clips.ids
    posed = [position for position, clip_id in enumerate(ids) if dataset.has_pose(clip_id)]
    n_frames[posed], fps[posed] = dataset.lengths([ids[position] for position in posed])
    has_pose = fps > 0
    if not has_pose.any():
        return n_frames, None
    deciding = has_pose & is_wanted if (has_pose & is_wanted).any() else has_pose
    rates, counts = np.unique(np.round(fps[deciding], 3), return_counts=True)
    usual = float(rates[counts.argmax()])
    is_other = has_pose & (np.abs(fps / usual - 1) >= 0.01)
    n_frames[is_other] = np.maximum(1, np.round(n_frames[is_other] / fps[is_other] * usual))
    return n_frames, usual


def _unknown(labels: Labels, counts: Codes, train: Codes) -> Unknown:
    is_new = (counts > 0) & (train == 0)
    n_signed = int(counts[is_new].sum())
    names = labels.names(is_new)
    share = n_signed / int(counts.sum())
    return Unknown(len(names), n_signed, share, names[:N_EXAMPLES])


def _balance(labels: Labels, counts: Codes, train: Codes) -> Balance:
    present = counts[counts > 0]
    distance = None
    if train.any():
        distance = float(np.abs(counts / counts.sum() - train / train.sum()).sum() / 2)
    return Balance(
        fewest=int(present.min()),
        median=float(np.median(present)),
        most=int(present.max()),
        commonest=labels.glosses[int(counts.argmax())],
        n_once=int((present == 1).sum()),
        distance=distance,
    )


def _too_short(
    ids: NDArray[np.object_], labels: Labels, labelled: Mask, frames: Codes, subsampling: int
) -> TooShort | None:
    checked = labelled & (frames > 0)
    if not frames.any():
        return None
    sentences = labels.sentence_of[checked]
    needed = labels.lengths[sentences] + labels.repeats[sentences]
    steps = -(-frames[checked] // subsampling)
    short = ids[checked][steps < needed]
    return TooShort(int(checked.sum()), len(short), tuple(short[:N_EXAMPLES]))


def _range(values: Codes) -> tuple[int, float, int] | None:
    if not len(values):
        return None
    return int(values.min()), float(np.median(values)), int(values.max())
