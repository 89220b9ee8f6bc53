"""Lattices whose right decoder is known, in place of what a recognizer hears."""

from collections.abc import Callable, Sequence

import torch

from signkit.dataset import PoseDataset
from signkit.recognize import LoadedRecognizer
from signkit.study.lattices import Lattices
from signkit.vocabulary import BLANK, Vocabulary


def lattice(
    glosses: Sequence[str], vocabulary: Vocabulary, *, right: float, wrong: float, false: float
) -> torch.Tensor:
    """(T', V) log probabilities: a step for each gloss, and one with a blank after it.

    Args:
        glosses: What is signed.
        vocabulary: Of the recognizer.
        right: Probability of each gloss at its step.
        wrong: Of the next gloss of the vocabulary at this step.
        false: Of the first gloss at the steps between; blanks have the rest.
    """
    n_ids = vocabulary.n_ids
    steps = []
    for gloss in glosses:
        [gloss_id] = vocabulary.encode([gloss])
        step, pause = torch.full((n_ids,), 1e-6), torch.full((n_ids,), 1e-6)
        step[1 + gloss_id % (n_ids - 1)] = wrong
        step[gloss_id] = right
        step[BLANK] = 1 - right - wrong
        pause[1], pause[BLANK] = false, 1 - false
        steps += [step, pause]
    return torch.stack(steps).log()


def make_heard(
    *, right: float = 0.3, wrong: float = 0.01, false: float = 0.1, sure: int = 0
) -> Callable[..., Lattices]:
    """In place of `make_lattices`; the first `sure` clips need no bias at all."""

    def heard(
        recognizer: LoadedRecognizer, dataset: PoseDataset, clip_ids: Sequence[str], **_: object
    ) -> Lattices:
        vocabulary = recognizer.checkpoint.vocabulary
        batches = []
        for i, clip_id in enumerate(clip_ids):
            share = 0.9 if i < sure else right
            glosses = dataset.clips[clip_id].glosses
            batches.append(lattice(glosses, vocabulary, right=share, wrong=wrong, false=false))
        return Lattices(
            tuple((clip_id,) for clip_id in clip_ids),
            tuple(batch[None] for batch in batches),
            tuple(torch.tensor([len(batch)]) for batch in batches),
            vocabulary,
        )

    return heard
