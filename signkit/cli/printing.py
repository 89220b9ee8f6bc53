"""How results look on stdout: one JSON object, or a few plain lines."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signkit.convert import ExportSummary, ImportSummary
    from signkit.extract import ExtractPlan, ExtractSummary
    from signkit.failures import Failure
    from signkit.synth import SynthSummary
    from signkit.view import DatasetSummary, Diagnosis

FIRST_FEW = 3


def print_json(record: Any) -> None:
    """One JSON object."""
    print(json.dumps(record, indent=1, ensure_ascii=False, default=str))


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Left-aligned columns, two spaces apart."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def percent(share: float | None) -> str:
    """`93.1 %`, or a dash where there is nothing to measure."""
    return "-" if share is None else f"{100 * share:.1f} %"


def rate(share: float | None) -> str:
    """`93.1`, or a dash where there is nothing to measure."""
    return "-" if share is None else f"{100 * share:.1f}"


def span(interval: tuple[float, float] | None) -> str:
    """`91.2 to 94.8`, or a dash where there is none."""
    return "-" if interval is None else f"{rate(interval[0])} to {rate(interval[1])}"


def number(value: float | None) -> str:
    """Three digits, or a dash where there is nothing to measure."""
    return "-" if value is None else f"{value:.3g}"


def seconds(value: float | None) -> str:
    """`1.3 s`, or a dash where there is nothing to measure."""
    return "-" if value is None else f"{value:.1f} s"


def first_few(names: Sequence[str]) -> str:
    """The first names of a long list."""
    more = f" and {len(names) - FIRST_FEW} more" if len(names) > FIRST_FEW else ""
    return ", ".join(names[:FIRST_FEW]) + more


def failure_lines(failures: "Sequence[Failure]", *, n: int | None = None) -> list[str]:
    """What failed and why, the first few in full; `n` where there are more than are given."""
    lines = [f"  {f.clip_id}: {f.reason}" for f in failures[:FIRST_FEW]]
    rest = (len(failures) if n is None else n) - FIRST_FEW
    return [*lines, f"  and {rest} more, see failures.csv"] if rest > 0 else lines


def print_synth(summary: "SynthSummary") -> None:
    print(
        f"{summary.out}: {summary.n_clips} clips, {summary.n_frames} frames, {summary.n_signers} "
        f"signers, {summary.n_glosses} glosses"
    )


def print_extract(summary: "ExtractSummary", out: object) -> None:
    made = f"{summary.n_done} of {summary.n_clips} clips"
    before = f", {summary.n_skipped} were there already" if summary.n_skipped else ""
    print(f"{out}: {made}{before}, {summary.n_frames} frames, {summary.frames_per_s:.1f} frames/s")
    if summary.detection:
        seen = (f"{part} {percent(rate)}" for part, rate in summary.detection.items())
        print(f"seen: {', '.join(seen)}")


def print_extract_plan(plan: "ExtractPlan") -> None:
    """The answer to `signkit extract --dry-run`."""
    extractor = plan.extractor
    options = ", ".join(f"{k} {v}" for k, v in extractor["options"].items() if v is not None)
    print_rows(
        [
            ("clips", plan.n_clips),
            ("have poses", plan.n_done),
            ("failed before", plan.n_failed),
            ("to do", plan.n_to_do),
            ("of these without a video", plan.n_missing),
            ("hours to do, about", f"{plan.hours:.2f}"),
            ("frames to do, about", plan.n_frames),
            ("shards, about", f"{plan.gigabytes:.3g} GB"),
            ("extractor", f"{extractor['name']} {extractor['version']}"),
            ("weights sha256", extractor["weights_sha256"][:16] or "-"),
            ("options", options),
        ]
    )
    print("nothing was written")


def print_import(summary: "ImportSummary") -> None:
    if summary.is_dry_run:
        print(
            f"{summary.n_clips} clips, {summary.n_with_poses} with landmarks; nothing was written"
        )
        return
    if not summary.skeleton:
        print(f"{summary.out}: {summary.n_clips} clips, annotations without poses")
        return
    cut = f", {summary.n_cut} cut out of longer ones" if summary.n_cut else ""
    print(
        f"{summary.out}: {summary.n_with_poses} of {summary.n_clips} clips have poses{cut}, "
        f"{summary.n_frames} frames, skeleton {summary.skeleton}"
    )


def print_export(summary: "ExportSummary") -> None:
    poses = f", {summary.n_with_poses} with poses, {summary.n_frames} frames"
    print(f"{summary.out}: {summary.n_clips} clips{poses if summary.n_frames else ''}")
    if summary.sha256:
        print(f"sha256 {summary.sha256}")


def print_dataset(summary: "DatasetSummary") -> None:
    """The table of `signkit inspect`."""
    fps = "-" if summary.fps is None else "{:g} / {:g} / {:g}".format(*summary.fps)
    print_rows(
        [
            ("name", summary.name or "-"),
            ("licence", summary.licence or "-"),
            ("consent", summary.consent or "-"),
            ("skeleton", summary.skeleton or "-"),
            ("extractor", summary.extractor or "-"),
            ("clips", summary.n_clips),
            ("with poses", summary.n_with_poses),
            ("labelled", summary.n_labelled),
            ("frames", summary.n_frames),
            ("hours", f"{summary.hours:.2f}"),
            ("fps lowest / middle / highest", fps),
            ("signers", summary.n_signers),
            ("glosses", f"{summary.n_glosses} different, {summary.n_gloss_tokens} signed"),
            ("failures", summary.n_failed),
        ]
    )
    print()
    header = ("split", "clips", "with poses", "labelled", "signers", "glosses")
    rows = [
        (split, n.clips, n.with_poses, n.labelled, n.signers, n.glosses)
        for split, n in summary.splits.items()
    ]
    print_rows([header, *rows])
    print()
    _print_parts(summary)
    print()
    _print_quality(summary)
    if summary.worst:
        print()
        faults = [
            (name, summary.faults[name], worst[0][0]) for name, worst in summary.worst.items()
        ]
        print_rows([("fault", "clips", "worst clip"), *faults])


def _print_parts(summary: "DatasetSummary") -> None:
    found = summary.measures
    rows = [
        (part, percent(rate), found.n_gaps.get(part, 0), seconds(found.longest_gap_s.get(part)))
        for part, rate in summary.detection_rate.items()
    ]
    any_hand = ("any hand", percent(summary.hand_rate), "-", seconds(found.no_hand_s))
    print_rows([("part", "frames it is seen in", "gaps", "longest gap"), *rows, any_hand])


def _print_quality(summary: "DatasetSummary") -> None:
    found, made = summary.measures, summary.extraction
    rows: list[tuple[str, object]] = [
        ("wrist jitter, shoulder widths", number(found.wrist_jitter)),
        ("left/right swaps", "-" if found.n_swaps is None else found.n_swaps),
        ("hands and body out of frame", percent(found.out_of_frame)),
        ("face, pixels", number(found.face_px)),
    ]
    if made is not None:
        rows += [
            ("frames decoded / expected", f"{made.n_decoded} / {made.n_expected or '-'}"),
            ("clips that break off", made.n_incomplete),
            ("clips with damage", made.n_with_damage),
            ("clips with other people", made.n_with_others),
            ("clips with a jump between people", made.n_with_switches),
        ]
    print_rows(rows)


def print_diagnosis(diagnosis: "Diagnosis") -> None:
    """The table of `signkit doctor`."""
    rows = [(check.status, check.name, check.found) for check in diagnosis.checks]
    print_rows(rows)
    remedies = [check for check in diagnosis.checks if check.remedy]
    if remedies:
        print()
        for check in remedies:
            print(f"{check.name}: {check.remedy}")
