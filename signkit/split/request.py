"""What somebody asks of a split, checked before anything is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from signkit.errors import DatasetError
from signkit.split.makers import FOLD_GROUPS, METHODS

N_FOLDS = 5
_LONGEST_NAME = 60


@dataclass(frozen=True)
class SplitRequest:
    """How a dataset shall be divided.

    Args:
        by: A name of `METHODS`.
        dev: Share of all clips wanted in dev; 0 leaves the dev split as it is.
        test: Share of all clips wanted in test; 0 leaves the test split as it is.
        holdout_signers: All clips of these signers, and no others, become test.
        folds: Number of folds; by default 5.
        group: What folds keep whole; by default nothing.
        fold: The fold that becomes the test split; by default the first.
        seed: Of the choice.

    Raises:
        DatasetError: Parts of it do not go together.
    """

    by: str = "signer"
    dev: float = 0.0
    test: float = 0.0
    holdout_signers: tuple[str, ...] = ()
    folds: int | None = None
    group: str | None = None
    fold: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.by not in METHODS:
            near = get_close_matches(self.by, METHODS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(METHODS)}"
            raise DatasetError(f"there is no split by {self.by!r}; {hint}")
        if self.by == "kfold":
            self._check_folds()
        else:
            self._check_shares()

    @property
    def shares(self) -> dict[str, float]:
        """Split to the share wanted of it; only what is asked for."""
        return {name: share for name, share in (("test", self.test), ("dev", self.dev)) if share}

    @property
    def n_folds(self) -> int:
        return N_FOLDS if self.folds is None else self.folds

    @property
    def options(self) -> dict[str, Any]:
        """What decides the split, for its JSON file."""
        record: dict[str, Any] = {"method": self.by, "seed": self.seed}
        if self.by == "kfold":
            return record | {"folds": self.n_folds, "group": self.group}
        return record | {"shares": self.shares, "holdout_signers": list(self.holdout_signers)}

    @property
    def name(self) -> str:
        """What the published files are called: the method and what matters of it."""
        if self.by == "kfold":
            group = [self.group] if self.group else []
            return "-".join([f"kfold{self.n_folds}", *group, f"seed{self.seed}"])
        shares = [f"{split}{100 * share:g}" for split, share in self.shares.items()]
        method = [self.by, *shares, f"seed{self.seed}"] if shares else []
        signers = [re.sub(r"[^\w.-]+", "_", signer) for signer in self.holdout_signers]
        held_out = ["holdout", *signers] if signers else []
        name = "-".join([*held_out, *method])
        if len(name) <= _LONGEST_NAME:
            return name
        digest = sha256("\t".join(self.holdout_signers).encode()).hexdigest()[:8]
        return "-".join([f"holdout{len(signers)}", digest, *method])

    def _check_shares(self) -> None:
        for flag in ("folds", "group", "fold"):
            if getattr(self, flag) is not None:
                raise DatasetError(f"--{flag} belongs to --by kfold, not to --by {self.by}")
        shares = self.shares
        if not shares and not self.holdout_signers:
            raise DatasetError("nothing to split off; give --dev, --test or --holdout-signers")
        if "test" in shares and self.holdout_signers:
            raise DatasetError(
                "--test and --holdout-signers both choose the test split; give only one"
            )
        if self.by == "two-way" and self.holdout_signers:
            raise DatasetError(
                "--by two-way chooses signers itself; leave --holdout-signers out, or split --by "
                "sentence"
            )
        is_share = all(share > 0 for share in shares.values())  # NaN is none
        if not is_share or sum(shares.values()) >= 1:
            asked = " and ".join(f"{split} {share:g}" for split, share in shares.items())
            raise DatasetError(
                f"shares {asked} leave nothing to train on; shares are between 0 and 1 and add up "
                "to less than 1"
            )

    def _check_folds(self) -> None:
        if self.shares or self.holdout_signers:
            raise DatasetError(
                "--by kfold divides all clips; leave --dev, --test and --holdout-signers out "
                "('signkit train' carves its own dev split out of train)"
            )
        if self.group is not None and self.group not in FOLD_GROUPS:
            raise DatasetError(
                f"folds cannot keep {self.group!r} whole; use {', '.join(FOLD_GROUPS)}"
            )
        if self.n_folds < 2:
            raise DatasetError(f"--folds is {self.folds}; cross-validation needs at least 2")
        if not 1 <= (self.fold or 1) <= self.n_folds or self.fold == 0:
            raise DatasetError(f"--fold is {self.fold}; the folds are 1 to {self.n_folds}")


def kept_whole(options: Mapping[str, Any]) -> str | None:
    """What a split with these options keeps whole: signer, sentence, session, video or nothing."""
    if options.get("group") in FOLD_GROUPS:
        return str(options["group"])
    if options.get("holdout_signers"):
        return "signer"
    method = options.get("method")
    return method if method in FOLD_GROUPS else None
