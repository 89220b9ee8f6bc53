"""Clips become train, dev and test, or folds; and what leaks between them is said."""

from signkit.split.audit import Audit, audit_dataset
from signkit.split.divide import apply_split, split_dataset
from signkit.split.leaks import CLAIMS
from signkit.split.makers import METHODS
from signkit.split.summary import SplitSummary

__all__ = [
    "CLAIMS",
    "METHODS",
    "Audit",
    "SplitSummary",
    "apply_split",
    "audit_dataset",
    "split_dataset",
]
