"""Two or more recognizers on the same clips: differences that say how sure they are.

Every difference is that of a run (B) minus the one it is compared with (A), a fraction: of the word
error rate, so that B is better where it is negative, or of the clips that are right.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from signkit import __version__
from signkit.report import TWO_WAY, Interval, Slice

ALL = "all clips"
"""Name of the slice that has every clip."""

SURE = 0.05
_Z_INTERVAL = 1.96
_Z_POWER = 0.84  # four times out of five


@dataclass(frozen=True)
class Paired:
    """Recognizer B against recognizer A.

    Args:
        difference: Rate of B minus rate of A, a fraction.
        interval: 95 % interval of it; None for fewer than two units.
        p_value: Probability of a difference at least as large, either way, if A and B were equal:
            the share of all exchanges of their results that give one.
        p_bootstrap: Twice the smaller share of replicates on one side of zero; None for fewer than
            two units.
    """

    difference: float
    interval: Interval | None
    p_value: float
    p_bootstrap: float | None = None

    @property
    def detectable(self) -> float | None:
        """The difference that so many clips would show at the 5 % level, four times out of five."""
        if self.interval is None:
            return None
        low, high = self.interval
        return (high - low) / (2 * _Z_INTERVAL) * (_Z_INTERVAL + _Z_POWER)


@dataclass(frozen=True)
class SliceDifference:
    """B against A on some of the clips.

    Args:
        n_clips: Clips.
        n_ref: Reference glosses.
        cluster: What was drawn: signer, sentence or clip.
        n_clusters: How many of them there are.
        wer_a: Word error rate of A.
        wer_b: Word error rate of B.
        paired: The difference.
        p_adjusted: Its p value for all runs that are compared with A (Holm).
        n_runs: How many runs those are.
    """

    n_clips: int
    n_ref: int
    cluster: str
    n_clusters: int
    wer_a: float
    wer_b: float
    paired: Paired
    p_adjusted: float
    n_runs: int = 1

    @property
    def smallest_p(self) -> float:
        """What the adjusted p is at least, as where every run is better in every cluster."""
        return min(1.0, float(self.n_runs * 2.0 ** (1 - self.n_clusters)))


@dataclass(frozen=True)
class ClipDifference:
    """A clip on which A and B make different numbers of errors."""

    clip_id: str
    signer: str
    glosses: tuple[str, ...]
    hypothesis_a: tuple[str, ...]
    hypothesis_b: tuple[str, ...]
    errors_a: int
    errors_b: int


@dataclass(frozen=True)
class Match:
    """One run (B) against another (A).

    Args:
        run: Name of B.
        against: Name of A.
        slices: Name to difference; the first is that of all clips.
        accuracy_a: Share of clips without an error, of A; isolated: top 1.
        accuracy_b: Of B.
        accuracy: The difference, positive where B is better.
        accuracy_p: Its p value for all runs that are compared with A (Holm).
        n_better: Clips in which B makes fewer errors.
        n_worse: Clips in which B makes more.
        n_equal: Clips in which both make as many.
        clips: Those that differ most.
    """

    run: str
    against: str
    slices: dict[str, SliceDifference]
    accuracy_a: float
    accuracy_b: float
    accuracy: Paired
    accuracy_p: float
    n_better: int
    n_worse: int
    n_equal: int
    clips: tuple[ClipDifference, ...] = ()

    @property
    def whole(self) -> SliceDifference:
        """The difference on all clips."""
        return self.slices[ALL]

    @property
    def finding(self) -> str:
        """better, worse, equal (in every clip), or unclear."""
        if not self.n_better and not self.n_worse:
            return "equal"
        if self.whole.p_adjusted >= SURE:
            return "unclear"
        return "better" if self.whole.paired.difference < 0 else "worse"

    @property
    def verdict(self) -> str:
        """The result in plain words."""
        if self.finding == "equal":
            return f"{self.run} and {self.against} make as many errors in every clip: no difference"
        found = f"{self._sentence} (p {p_text(self.whole.p_adjusted)})"
        if self.finding == "unclear":
            return f"no difference shown: {found}, {self._reach}"
        return f"{found}: {self.finding}"

    @property
    def _sentence(self) -> str:
        paired = self.whole.paired
        if not paired.difference:
            return f"{self.run} makes as many errors as {self.against}"
        return f"{self.run} makes {points(paired, ('fewer', 'more'))} errors than {self.against}"

    @property
    def _reach(self) -> str:
        """What the clips could have shown."""
        whole = self.whole
        if whole.smallest_p >= SURE:
            units = whole.cluster if whole.n_clusters == 1 else f"{whole.cluster}s"
            return (
                f"and {whole.n_clusters} {units} cannot show one, as p is "
                f"{p_text(whole.smallest_p)} at least"
            )
        detectable = whole.paired.detectable or 0.0
        return (
            f"and {whole.n_clips} clips can show differences of about {100 * detectable:.1f} points"
        )


@dataclass(frozen=True)
class Comparison:
    """What `signkit compare` says about runs on one split.

    Args:
        split: The split.
        task: isolated, or continuous where one of the runs is.
        n_clips: Clips.
        n_ref: Reference glosses.
        cluster: What was drawn, for intervals and tests: signer, sentence or clip.
        n_clusters: How many of them there are.
        profile: Name of the gloss profile.
        runs: Name to rate, in the given order; the first is what the others are compared with.
        signatures: Name to the signature of its score.
        matches: Every other run against the first.
        best: Slice to the run with the lowest rate, where it is better than every other one (p
            below 0.05 for each, adjusted for all pairs of runs).
        notes: What a reader of the numbers should know.
        data_hash: Of the ids and references.
        draws: Bootstrap replicates.
        seed: Of the bootstrap.
    """

    split: str
    task: str
    n_clips: int
    n_ref: int
    cluster: str
    n_clusters: int
    profile: str
    runs: dict[str, Slice]
    signatures: dict[str, str]
    matches: tuple[Match, ...]
    best: dict[str, str]
    notes: tuple[str, ...] = ()
    data_hash: str = ""
    draws: int = 0
    seed: int = 0
    version: str = field(default=__version__)

    @property
    def method(self) -> str:
        """How differences, intervals and p values were found."""
        n = len(self.matches)
        finer = f" ({finer_text(self.cluster)})" if finer_text(self.cluster) else ""
        adjusted = (
            f", adjusted for the {n} runs compared with {self._first} (Holm)" if n > 1 else ""
        )
        slices = " and not for the number of slices" if n > 1 else ", not adjusted for the slices"
        return (
            f"WER in percent, differences in points; 95 % intervals: paired bootstrap over "
            f"{self.n_clusters} {self.cluster}s{finer}, {self.draws} draws, "
            f"seed {self.seed}; p: randomization test, all exchanges of the results of a "
            f"{self.cluster}{adjusted}{slices}"
        )

    @property
    def signature(self) -> str:
        """One line that makes the comparison repeatable."""
        return (
            f"clips:{self.n_clips} split:{self.split} gloss:{self.profile} "
            f"cluster:{self.cluster}/{self.n_clusters} draws:{self.draws} seed:{self.seed} "
            f"signkit:{self.version}"
        )

    @property
    def accuracy_name(self) -> str:
        """What the accuracy of a run is called."""
        return "top 1" if self.task == "isolated" else "clips without an error"

    @property
    def _first(self) -> str:
        return next(iter(self.runs))

    def to_json(self) -> dict[str, Any]:
        """One plain record; rates and differences are fractions."""
        record = asdict(self)
        record["signkit"] = record.pop("version")
        for match, plain in zip(self.matches, record["matches"], strict=True):
            plain |= {"verdict": match.verdict, "finding": match.finding}
            plain["accuracy_name"] = self.accuracy_name
            for part in plain["slices"].values():
                part |= part.pop("paired")
        return record | {"method": self.method, "signature": self.signature}


def finer_text(cluster: str) -> str:
    """What slices draw that have too few of the clusters of the whole."""
    finer = {
        TWO_WAY: "signers, sentences or clips",
        "signer": "sentences or clips",
        "sentence": "clips",
    }.get(cluster)
    return f"{finer} in slices with too few" if finer else ""


def p_text(p_value: float) -> str:
    """`0.004`, or `< 0.001`."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def points(paired: Paired, words: tuple[str, str]) -> str:
    """`3.1 points [1.2, 5.0] fewer`: always told from the side on which the difference lies.

    Args:
        paired: The difference.
        words: For a negative and for a positive one.
    """
    sign = -1 if paired.difference < 0 else 1
    interval = ""
    if paired.interval is not None:
        low, high = sorted(100 * sign * end for end in paired.interval)
        interval = f" [{low:.1f}, {high:.1f}]"
    return f"{100 * abs(paired.difference):.1f} points{interval} {words[sign > 0]}"
