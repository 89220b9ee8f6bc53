"""The command that shows what an encoder makes of a dataset."""

from typing import TYPE_CHECKING, Annotated

import typer

from signkit.cli.options import Dataset, Json, Overrides, Quiet
from signkit.cli.printing import percent, print_json, print_rows
from signkit.cli.progress import progress

if TYPE_CHECKING:
    from signkit.encode.layout import FeatureLayout
    from signkit.encode.stats import AxisStats, EncodingStats


def encode(
    dataset: Dataset,
    preset: Annotated[
        str | None,
        typer.Option(help="parts, bdslw60, rqe, rqe-sf, rqe-adaptive or none."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="Recipe whose encoder and data sections are meant.")
    ] = "isolated",
    overrides: Overrides = None,
    stats: Annotated[
        bool,
        typer.Option("--stats", help="Fit on train: bins used, entropy, clipping, error per part."),
    ] = False,
    split: Annotated[
        str, typer.Option(help="With --stats: measure the clips of this split.")
    ] = "train",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show which features DATASET is encoded to, and what quantization keeps of it."""
    from signkit.dataset import PoseDataset
    from signkit.encode.stats import encoding_stats, feature_layout
    from signkit.recipe import load_recipe

    chosen = [] if preset is None else [f"encoder.preset={preset}"]
    sections = load_recipe(recipe, [*chosen, *(overrides or [])])
    opened = PoseDataset.open(dataset)
    if not stats:
        layout = feature_layout(opened, sections.encoder, sections.data)
        print_json(layout_record(layout)) if as_json else print_layout(layout)
        return
    with progress("encode", quiet=quiet) as update:
        found = encoding_stats(
            opened, sections.encoder, sections.data, split=split, progress=update
        )
    print_json(found.to_json()) if as_json else print_stats(found)


def layout_record(layout: "FeatureLayout") -> dict[str, object]:
    """What `--json` says of the features."""
    return {
        "skeleton": layout.skeleton.name,
        "landmarks": list(layout.skeleton.landmarks),
        "n_features": layout.n_features,
        "groups": [vars(group) for group in layout.groups],
    }


def print_layout(layout: "FeatureLayout") -> None:
    """Kinds of features, and how many of each."""
    skeleton = layout.skeleton
    print(f"{skeleton.name}: {skeleton.n_landmarks} landmarks, {skeleton.n_dims} dimensions")
    rows = [(g.name, g.per_landmark or "-", g.n_features) for g in layout.groups]
    print_rows([("features", "per landmark", "in all"), *rows, ("", "", layout.n_features)])


def print_stats(found: "EncodingStats") -> None:
    """One row for each axis of each part."""
    print(
        f"preset {found.preset}, fitted on train, measured on {found.n_frames} frames of "
        f"{found.n_clips} {found.split} clips at {found.fps:g} fps"
    )
    header = ("part", "axis", "landmarks", "bins used", "bits", "missing", "clipped", "error", "px")
    print_rows([header, *(stats_row(axis) for axis in found.axes)])


def stats_row(axis: "AxisStats") -> tuple[object, ...]:
    """The cells of one axis; a dash where places are continuous."""
    ends = "" if axis.n_bins is None else f" of {axis.n_bins:g}"
    return (
        axis.part,
        axis.axis,
        axis.n_landmarks,
        "-" if axis.n_used is None else f"{axis.n_used}{ends}",
        "-" if axis.entropy_bits is None else f"{axis.entropy_bits:.2f}",
        percent(axis.missing),
        percent(axis.clipped),
        f"{axis.error_units:.4f}",
        f"{axis.error_px:.2f}",
    )
