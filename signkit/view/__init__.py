"""Looking at things: what is in a dataset and how good its poses are, what this machine has."""

from signkit.view.doctor import Check, Diagnosis, diagnose
from signkit.view.inspect import DatasetSummary, has_hand_rate, inspect_dataset

__all__ = ["Check", "DatasetSummary", "Diagnosis", "diagnose", "has_hand_rate", "inspect_dataset"]
