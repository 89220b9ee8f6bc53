"""How the report of `signkit score` looks on stdout."""

from typing import TYPE_CHECKING

from signkit.cli.printing import percent, print_rows, rate, span

if TYPE_CHECKING:
    from signkit.report import GlossScore, Interval, Report, Slice

WORST = 10
_GLOSS_HEADING = (
    "gloss",
    "signed",
    "right",
    "del",
    "sub",
    "ins",
    "for other",
    "precision",
    "recall",
)


def print_report(report: "Report") -> None:
    """The tables of `signkit score`; the first line is the signature."""
    print(report.signature)
    print()
    print_rows([*_count_rows(report), *_top_rows(report)])
    print()
    heading = ("slice", "WER", "95 %", "clips", "glosses")
    print_rows([heading, *(_slice_row(*named) for named in report.slices().items())])
    wrong = sorted(report.glosses, key=lambda gloss: gloss.hits - gloss.n_ref)[:WORST]
    if any(gloss.n_ref > gloss.hits for gloss in wrong):
        print()
        print_rows([_GLOSS_HEADING, *(_gloss_row(g) for g in wrong if g.n_ref > g.hits)])
    if report.confusions:
        print()
        print_rows([("signed", "recognized", "times"), *report.confusions[:WORST]])


def _count_rows(report: "Report") -> list[tuple[str, str]]:
    ratio = "-" if report.length_ratio is None else f"{report.length_ratio:.2f}"
    errors = f"{report.substitutions} / {report.deletions} / {report.insertions}"
    rows = [
        ("reference glosses", str(report.n_ref)),
        ("substituted / deleted / inserted", errors),
        (
            "clips without an error",
            percent(report.sentence_accuracy) + _range(report.sentence_accuracy_ci),
        ),
        ("recognized / reference glosses", ratio),
        ("mean of the clips' own WER", percent(report.mean_clip_wer)),
        ("empty hypotheses", percent(report.empty_share)),
        ("glosses train does not have", _oov_text(report)),
    ]
    if report.missing:
        whose = ", ".join(f"{name} {n}" for name, n in report.missing_by_signer.items())
        rows.append(("missing clips", f"{len(report.missing)} of {report.n_clips} ({whose})"))
        rows.append(("WER without missing clips", percent(report.wer_without_missing)))
    if report.wer_unsnapped is not None:
        rows.append(("WER before snapping to train", percent(report.wer_unsnapped)))
    if report.profile.name != "none":
        rows.append(("gloss profile", f"{report.profile.name}: {report.profile.steps}"))
        rows.append(("references merged as repeats", str(report.profile.n_merged)))
    return rows


def _oov_text(report: "Report") -> str:
    if report.oov is None:
        return "-"
    oov = report.oov
    return (
        f"{percent(oov.wer_floor)} ({oov.types} types, {oov.tokens} times); with those of train "
        "alone no WER is lower"
    )


def _range(interval: "Interval | None") -> str:
    return "" if interval is None else f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def _top_rows(report: "Report") -> list[tuple[str, str]]:
    rows = []
    for top in report.top:
        rows += [
            (f"top {top.k}", percent(top.per_instance) + _range(top.interval)),
            (f"top {top.k}, mean over glosses", percent(top.per_class)),
        ]
    return rows


def _slice_row(name: str, part: "Slice") -> tuple[str, str, str, int, int]:
    return (name, rate(part.wer), span(part.wer_ci), part.n_clips, part.n_ref)


def _gloss_row(gloss: "GlossScore") -> tuple[object, ...]:
    return (
        gloss.gloss,
        gloss.n_ref,
        gloss.hits,
        gloss.deletions,
        gloss.substituted,
        gloss.insertions,
        gloss.mistaken,
        percent(gloss.precision),
        percent(gloss.recall),
    )
