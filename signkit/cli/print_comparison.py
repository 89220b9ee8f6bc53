"""How a comparison of runs looks on stdout."""

from typing import TYPE_CHECKING

from signkit.cli.printing import print_rows, rate

if TYPE_CHECKING:
    from signkit.comparison import ClipDifference, Comparison, Match
    from signkit.report import Interval


def print_comparison(comparison: "Comparison") -> None:
    """The answer to `signkit compare`: rates, and a verdict and a table for every run."""
    rows = [(n, rate(r.wer), _range(r.wer_ci)) for n, r in comparison.runs.items()]
    print_rows([("run", "WER", "95 %"), *rows])
    for match in comparison.matches:
        print()
        print(match.verdict)
        print(
            f"fewer errors in {match.n_better} clips, more in {match.n_worse}, as many in "
            f"{match.n_equal}"
        )
        print(_accuracy_line(match, comparison.accuracy_name))
        print()
        _print_slices(match)
        if match.clips:
            print()
            _print_clips(match)
    print()
    print(comparison.method)
    print(comparison.signature)


def _accuracy_line(match: "Match", name: str) -> str:
    from signkit.comparison import p_text, points

    rates = f"{name}: {rate(match.accuracy_a)} and {rate(match.accuracy_b)}"
    if not match.accuracy.difference:
        return f"{rates}, no difference"
    told = points(match.accuracy, ("lower", "higher"))
    return f"{rates}, {told} (p {p_text(match.accuracy_p)})"


def _print_slices(match: "Match") -> None:
    from signkit.comparison import p_text

    rows = [
        (
            name,
            part.n_clips,
            rate(part.wer_a),
            rate(part.wer_b),
            f"{100 * part.paired.difference:+.1f}",
            _range(part.paired.interval),
            p_text(part.p_adjusted),
            f"{part.n_clusters} {part.cluster}s",
        )
        for name, part in match.slices.items()
    ]
    head = ("slice", "clips", match.against, match.run, "difference", "95 %", "p", "drawn")
    print_rows([head, *rows])


def _print_clips(match: "Match") -> None:
    """One line for each sequence: right-to-left glosses stand alone on theirs."""
    for clip in match.clips:
        print(_heading(clip))
        for name, glosses in (
            ("signed", clip.glosses),
            (match.against, clip.hypothesis_a),
            (match.run, clip.hypothesis_b),
        ):
            print(f"  {name}: {' '.join(glosses) or '-'}")


def _heading(clip: "ClipDifference") -> str:
    signer = f" ({clip.signer})" if clip.signer else ""
    return f"{clip.clip_id}{signer}: {clip.errors_a} and {clip.errors_b} errors"


def _range(interval: "Interval | None") -> str:
    return "-" if interval is None else f"[{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"
