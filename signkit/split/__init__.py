"""Clips become train, dev and test: by signer, by sentence or at random."""

from signkit.split.makers import METHODS, SplitSummary, split_dataset

__all__ = ["METHODS", "SplitSummary", "split_dataset"]
