"""Hypotheses and references become a report: counts, intervals, slices, alignments."""

from signkit.score.bootstrap import bootstrap_interval, wilson_interval
from signkit.score.counts import Counts, score
from signkit.score.predictions import read_predictions
from signkit.score.profiles import PROFILES, Profile, find_profile
from signkit.score.references import read_references
from signkit.score.splits import infer_task, score_counts, score_dataset, slice_masks

__all__ = [
    "PROFILES",
    "Counts",
    "Profile",
    "bootstrap_interval",
    "find_profile",
    "infer_task",
    "read_predictions",
    "read_references",
    "score",
    "score_counts",
    "score_dataset",
    "slice_masks",
    "wilson_interval",
]
