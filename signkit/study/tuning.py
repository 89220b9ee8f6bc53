"""What a tuning tried, what it found on the dev clips, and what it decided."""

from dataclasses import asdict, dataclass
from typing import Any

from signkit import __version__
from signkit.comparison import Paired, p_text, points
from signkit.decoding import DecoderConfig
from signkit.report import Interval

SCHEMA = "signkit.tuning/1"


@dataclass(frozen=True)
class Tried:
    """One setting on the dev clips.

    Args:
        decoder: Its name, as in signatures.
        config: Its knobs.
        wer: Word error rate, a fraction.
        errors: Substitutions, deletions and insertions.
    """

    decoder: str
    config: DecoderConfig
    wer: float
    errors: int


@dataclass(frozen=True)
class Step:
    """One means more: the best of its settings, against what was kept before. Rates are fractions.

    Args:
        best: The setting with the fewest errors, of several the simplest.
        wer_ci: 95 % interval of its rate on the clips it was chosen on.
        crossed_wer: Rate of what is chosen among these settings, on clips it was not chosen on.
        against: Decoder that was kept before.
        paired: `crossed_wer` against that of the decoder that was kept before.
        is_kept: Whether it takes its place.
    """

    best: Tried
    wer_ci: Interval | None
    crossed_wer: float
    against: str
    paired: Paired
    is_kept: bool


@dataclass(frozen=True)
class Tuning:
    """What was tried, and what is kept. Rates are fractions.

    Args:
        source: Which clips the knobs were chosen on, in words.
        n_clips: How many they are.
        n_ref: Their glosses.
        default: Greedy decoding without any knob.
        default_ci: 95 % interval of its word error rate.
        steps: Greedy, and where they were tried a beam and a beam with language model.
        chosen: What is stored: the best setting of the last step that is kept, else the default.
        tried: Every setting, in the order they were tried.
        cluster: What intervals draw and the test exchanges.
        n_clusters: How many of them there are.
        warnings: What a reader of the numbers should know.
        lm_sha256: Of the language model file; empty without.
    """

    source: str
    n_clips: int
    n_ref: int
    default: Tried
    default_ci: Interval | None
    steps: tuple[Step, ...]
    chosen: DecoderConfig
    tried: tuple[Tried, ...]
    cluster: str
    n_clusters: int
    warnings: tuple[str, ...] = ()
    lm_sha256: str = ""

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What was decided at each step, and why."""
        return tuple(map(_verdict, self.steps))

    def to_json(self) -> dict[str, Any]:
        """One plain record; rates are fractions."""
        return {
            "schema": SCHEMA,
            **asdict(self),
            "decoder": self.chosen.name,
            "verdicts": self.verdicts,
            "signkit": __version__,
        }


def _verdict(step: Step) -> str:
    if step.best.decoder == step.against:
        return f"no setting of its kind makes fewer errors than {step.against}"
    gain = points(step.paired, ("lower", "higher")) if step.paired.difference else "no difference"
    test = f"on clips it was not chosen on: {gain}, p {p_text(step.paired.p_value)}"
    word = "better" if step.is_kept else "not surely better"
    return f"{step.best.decoder} is {word} than {step.against}; {test}"
