"""Training: `train` makes a run folder from a recipe and a dataset."""

from signkit.train.loop import TrainProgress, TrainSummary, train

__all__ = ["TrainProgress", "TrainSummary", "train"]
