"""The decoder that a command uses: what is stored in the run, and over it the command line."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signkit.cli.options import given
from signkit.cli.progress import say

if TYPE_CHECKING:
    from signkit.checkpoint import Checkpoint
    from signkit.decoding import DecoderConfig, LanguageModel
    from signkit.lm import NgramModel
    from signkit.vocabulary import Vocabulary

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


START = {"lm_weight": 0.5, "length_bonus": 1.0}
"""Of a language model that nothing was tuned for: each gloss costs what it is worth to the model,
so a bonus keeps hypotheses from getting shorter."""


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
    from signkit.checkpoint import read_checkpoint
    from signkit.decoding import FILE_NAME, read_decoder

    knobs = given(**options)
    for name in ("lm", "lexicon"):
        if name in knobs:
            knobs[name] = str(knobs[name])
    stored = read_decoder(run)
    if "lm" in knobs and not (stored.lm_weight or knobs.keys() & START):
        knobs |= START
        say(
            f"without 'signkit tune', --lm counts with {', '.join(map(_setting, START.items()))}",
            quiet=quiet,
        )
    config = replace(stored, **knobs)
    checkpoint = read_checkpoint(run)
    _check_given(run, checkpoint, config, set(knobs))
    if (run / FILE_NAME).is_file():
        say(f"decoder stored in {run / FILE_NAME}: {stored.name}", quiet=quiet)
        if config != stored:
            say(f"the command line makes it: {config.name}", quiet=quiet)
    if config.lexicon:
        _say_lexicon(Path(config.lexicon), checkpoint.vocabulary, quiet=quiet)
    if not config.uses_lm:
        return config, None
    return config, fitting_model(Path(config.lm), run, checkpoint.vocabulary, quiet=quiet)


def fitting_model(
    path: Path, run: Path, vocabulary: "Vocabulary", *, quiet: bool = False
) -> "NgramModel":
    """A language model that knows glosses of the run; says on stderr where it lacks some.

    Raises:
        LanguageModelError: It cannot be read, or it knows none of them.
    """
    from signkit.errors import LanguageModelError
    from signkit.lm import read_arpa

    model, glosses = read_arpa(path), vocabulary.glosses
    unknown = [gloss for gloss in glosses if gloss not in model]
    if len(unknown) == len(glosses):
        raise LanguageModelError(
            f"{path} has none of the {len(glosses)} glosses of {run} (such as {glosses[0]!r}); "
            "make one of the train sentences with 'signkit lm'"
        )
    if unknown:
        fate = "have the probability of <unk>" if model.has_unknown else "are hardly ever found"
        say(
            f"warning: {path} lacks {len(unknown)} of the {len(glosses)} glosses of the run (such "
            f"as {unknown[0]!r}); they {fate}",
            quiet=quiet,
        )
    return model


def _say_lexicon(path: Path, vocabulary: "Vocabulary", *, quiet: bool) -> None:
    """How many glosses a lexicon leaves: those written in another way than in train are lost."""
    from signkit.recognize.decode import lexicon_ids

    n = len(lexicon_ids(path, vocabulary))
    say(f"lexicon {path}: {n} of the {len(vocabulary.glosses)} glosses may be found", quiet=quiet)


def _check_given(
    run: Path, checkpoint: "Checkpoint", config: "DecoderConfig", names: set[str]
) -> None:
    """Refuse knobs that were asked for and would have no say."""
    from signkit.decoding import BEAM_ONLY
    from signkit.errors import RecognitionError

    beam_only = sorted(names & {*BEAM_ONLY, "n_best"})
    if checkpoint.recipe.task == "isolated":
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
        raise RecognitionError("--lm has no say with a weight of 0; set --lm-weight higher")


def _setting(knob: tuple[str, float]) -> str:
    return f"{_option(knob[0])} {knob[1]:g}"


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
