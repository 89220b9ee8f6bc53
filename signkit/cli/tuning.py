"""Commands that choose a run's decoder, and that try a run on input that is not as it was."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signkit.cli.decoders import chosen_decoder, fitting_model
from signkit.cli.options import Dataset, Device, Json, Quiet, Run, Seed, given
from signkit.cli.printing import print_json, print_rows, rate, span
from signkit.cli.progress import progress, say

if TYPE_CHECKING:
    from signkit.study.tuning import Tried, Tuning

SHOWN = 15
"""Settings in the table; the default is always there."""


def tune(
    run: Run,
    dataset: Dataset,
    split: Annotated[str, typer.Option(help="Only dev will do.")] = "dev",
    lm: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="ARPA file to try; 'signkit lm' makes one."),
    ] = None,
    beam: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help="Also try a beam of this width; with --lm by default 10."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be stored, and write nothing.")
    ] = False,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose the knobs of RUN's decoder on dev clips, and store them in RUN.

    Greedy decoding has the blank bias; --beam adds the length bonus, --lm a language model and its
    weight. The default stays unless another setting is surely better on clips it was not chosen on.
    'recognize' and 'score' then use what is stored.
    """
    from signkit.checkpoint import read_checkpoint
    from signkit.dataset import PoseDataset
    from signkit.study.tune import store
    from signkit.study.tune import tune as find_knobs

    opened = PoseDataset.open(dataset)
    model = None
    if lm is not None:
        model = fitting_model(lm, run, read_checkpoint(run).vocabulary, quiet=quiet)
    with progress("tune", unit="steps", quiet=quiet) as update:
        tuning = find_knobs(
            run,
            opened,
            split=split,
            beam=beam,
            lm=model,
            lm_file=lm,
            device=device,
            progress=lambda what, done, total: update(done, total, what),
        )
    if not dry_run:
        store(run, tuning, lm)
    if as_json:
        print_json(tuning.to_json())
    else:
        _print_tuning(tuning)
    for warning in tuning.warnings:
        say(f"warning: {warning}", quiet=quiet)
    where = "nothing was written" if dry_run else f"stored in {run / 'decoder.json'}"
    say(f"{where}: {tuning.chosen.name}", quiet=quiet)


def _print_tuning(tuning: "Tuning") -> None:
    best_first = sorted(tuning.tried, key=lambda one: one.errors)
    shown = best_first[:SHOWN]
    if tuning.default not in shown:
        shown.append(tuning.default)
    print_rows([("WER", "errors", "decoder"), *map(_row, shown)])
    if len(shown) < len(best_first):
        print(f"and {len(best_first) - len(shown)} more; --json and tuning.json have all of them")
    print()
    print(f"{len(tuning.tried)} settings on {tuning.n_clips} clips, {tuning.n_ref} glosses "
          f"({tuning.source})")  # fmt: skip
    default = tuning.default
    before = (rate(default.wer), span(tuning.default_ci), rate(default.wer), default.decoder)
    steps = (
        (rate(step.best.wer), span(step.wer_ci), rate(step.crossed_wer), step.best.decoder)
        for step in tuning.steps
    )
    print_rows([("WER", "95 %", "cross-validated", "best of its kind"), before, *steps])
    for verdict in tuning.verdicts:
        print(verdict)
    print(
        f"WER in percent; 95 % intervals and tests over {tuning.n_clusters} {tuning.cluster}s. The "
        "best ones were chosen on these clips and are flattered by them: expect cross-validated "
        "rates, and report those of another split"
    )
    if tuning.lm_sha256 and tuning.chosen.lm:
        print(f"language model {tuning.chosen.lm}, sha256 {tuning.lm_sha256}")


def _row(one: "Tried") -> tuple[str, ...]:
    return (rate(one.wer), str(one.errors), one.decoder)


def stress(
    run: Run,
    dataset: Dataset,
    split: Annotated[str, typer.Option(help="Split to recognize.")] = "test",
    only: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,...",
            help="Some of noise, hands, drops, speed, cuts, mirror, fps, camera, size.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One or two strong levels of each kind.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Also draw the table.")
    ] = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Word error rates of RUN when the input is noisy, incomplete, faster, mirrored, turned, ...

    One way at a time, each row against the undisturbed clips with an interval and a paired test.
    DATASET is not touched.
    """
    from signkit.dataset import PoseDataset
    from signkit.recognize import load_recognizer
    from signkit.study.stress import choose_disturbances
    from signkit.study.stress import stress as sweep
    from signkit.study.stress_plot import check_plot, draw_stress

    check_plot(plot)
    kinds = [] if only is None else [kind.strip() for kind in only.split(",")]
    chosen = choose_disturbances(kinds, is_quick=quick)
    opened = PoseDataset.open(dataset)
    config, lm = chosen_decoder(run, quiet=quiet)
    recognizer = load_recognizer(run, device=device, decoder=config, lm=lm)
    with progress("stress", quiet=quiet) as update:
        table = sweep(
            recognizer,
            opened,
            split=split,
            disturbances=chosen,
            run=run.resolve().name,
            progress=update,
            **given(seed=seed),
        )
    if plot is not None:
        from signkit.files import write_text

        write_text(plot, draw_stress(table))
        say(f"plot written to {plot}", quiet=quiet)
    if as_json:
        print_json(table.to_json())
    else:
        print(table.to_markdown(), end="")
    for warning in table.warnings:
        say(f"warning: {warning}", quiet=quiet)
