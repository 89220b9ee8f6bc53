"""The decoder that a command uses: what is stored in the run, and over it the command line."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signkit.cli.options import given
from signkit.cli.progress import say

if TYPE_CHECKING:
    from signkit.decoding import DecoderConfig, LanguageModel

Kind = Annotated[
    str | None,
    typer.Option(
        "--decoder", metavar="greedy|beam", help="By default what tune stored, or greedy."
    ),
]
Beam = Annotated[int | None, typer.Option("--beam", help="Prefixes kept at each step, 1 to 100.")]
Lm = Annotated[
    Path | None, typer.Option("--lm", help="ARPA file of a language model; 'signkit lm' makes one.")
]
LmWeight = Annotated[
    float | None, typer.Option("--lm-weight", help="Multiplies ln P of the language model.")
]
BlankBias = Annotated[
    float | None,
    typer.Option("--blank-bias", help="Taken off ln P of the blank: more finds more glosses."),
]
LengthBonus = Annotated[
    float | None, typer.Option("--length-bonus", help="Added to the score for each gloss.")
]
Lexicon = Annotated[
    Path | None, typer.Option("--lexicon", help="Text file of the glosses that may be found.")
]
NBest = Annotated[
    int | None, typer.Option("--n-best", help="Alternatives of each hypothesis, 1 to 100.")
]
SnapToTrain = Annotated[
    bool | None,
    typer.Option(
        "--snap-to-train",
        help="Replace each hypothesis by the nearest train sentence of DATASET, and keep both.",
    ),
]


def chosen_decoder(
    run: Path, *, quiet: bool = False, **options: Any
) -> "tuple[DecoderConfig, LanguageModel | None]":
    """The decoder for a run, and its language model, loaded; says on stderr what was stored.

    Args:
        run: Run folder.
        quiet: Say nothing.
        options: Knobs of the command line by the names of `DecoderConfig`; None where not given.

    Raises:
        RecognitionError: A knob is out of range or has no say.
    """
    from signkit.decoding import FILE_NAME, read_decoder

    knobs = given(**options)
    for name in ("lm", "lexicon"):
        if name in knobs:
            knobs[name] = str(knobs[name])
    stored = read_decoder(run)
    config = replace(stored, **knobs)
    _check_given(run, config, set(knobs))
    if (run / FILE_NAME).is_file():
        say(f"decoder stored in {run / FILE_NAME}: {stored.name}", quiet=quiet)
        if config != stored:
            say(f"the command line makes it: {config.name}", quiet=quiet)
    if not config.uses_lm:
        return config, None
    from signkit.lm import read_arpa

    return config, read_arpa(Path(config.lm))


def _check_given(run: Path, config: "DecoderConfig", names: set[str]) -> None:
    """Refuse knobs that were asked for and would have no say."""
    from signkit.checkpoint import read_checkpoint
    from signkit.decoding import BEAM_ONLY
    from signkit.errors import RecognitionError

    beam_only = sorted(names & {*BEAM_ONLY, "n_best"})
    if read_checkpoint(run).recipe.task == "isolated":
        foreign = sorted(names & {*BEAM_ONLY, "blank_bias", "snap_to_train"})
        if config.decoder == "beam" and "decoder" in names:
            foreign.insert(0, "decoder")
        if foreign:
            raise RecognitionError(
                f"{run} is an isolated run, one gloss a clip, and has no use for "
                f"{_option(foreign[0])}; leave it out (--n-best and --lexicon are possible)"
            )
    elif config.decoder == "greedy" and beam_only:
        raise RecognitionError(
            f"{_option(beam_only[0])} means nothing to the greedy decoder; add --decoder beam"
        )
    elif "lm_weight" in names and config.lm_weight and not config.lm:
        raise RecognitionError(
            "--lm-weight has no language model to weigh; add --lm FILE ('signkit lm' makes one)"
        )
    elif "lm" in names and not config.lm_weight:
        raise RecognitionError(
            "--lm has no say without a weight; add --lm-weight X (0.3 is a start, 'signkit tune' "
            "finds the best on dev)"
        )


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
