"""Training: `train` makes a run folder from a recipe and a dataset."""

from signkit.train.loop import train
from signkit.train.metrics import EpochMetrics
from signkit.train.progress import TrainProgress, TrainSummary

__all__ = ["EpochMetrics", "TrainProgress", "TrainSummary", "train"]
