"""Which weights of a run are kept, and when there is no use in going on."""

import math

from signkit.sections import TrainConfig
from signkit.train.evaluation import DevResult
from signkit.train.state import Progressed


def judge_epoch(progressed: Progressed, dev: DevResult | None, config: TrainConfig) -> bool:
    """Whether the weights of the epoch that `progressed` has just finished are to be kept.

    Lower dev WER is better, and of equal WERs the lower loss. With `one-se` later weights replace
    earlier ones as long as they are within one standard error of the best. Without dev clips the
    last weights are kept.
    """
    is_best = dev is not None and note_best(progressed, dev)
    within = dev is not None and dev.wer <= progressed.best_wer + progressed.best_error
    is_kept = {"best": is_best or dev is None, "last": True, "one-se": within or dev is None}
    if is_kept[config.keep]:
        progressed.kept_epoch = progressed.epoch
    return is_kept[config.keep]


def note_best(progressed: Progressed, dev: DevResult) -> bool:
    """Remember the epoch if it is the best so far; whether it is."""
    loss = math.inf if dev.loss is None else dev.loss
    if (dev.wer, loss) >= (progressed.best_wer, progressed.best_loss):
        return False
    progressed.best_epoch = progressed.epoch
    progressed.best_wer, progressed.best_loss = dev.wer, loss
    progressed.best_error = dev.error
    return True


def is_patience_over(progressed: Progressed, config: TrainConfig) -> bool:
    """Whether so many epochs brought nothing better that training stops early."""
    waited = progressed.epoch - progressed.best_epoch
    return bool(config.patience and progressed.best_epoch and waited >= config.patience)
