"""The table of `signkit recipes`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signkit.models.measure import Bench, Cost
    from signkit.recipe import Recipe


def recipe_records(costs: "Sequence[tuple[Recipe, Cost]]") -> list[dict[str, object]]:
    """What `signkit recipes --json` says about each recipe."""
    return [
        {
            "name": recipe.name,
            "task": recipe.task,
            "n_parameters": cost.n_parameters,
            "latency_ms": round(cost.latency_ms, 2),
            "description": recipe.description,
        }
        for recipe, cost in costs
    ]


def print_recipes(costs: "Sequence[tuple[Recipe, Cost]]", bench: "Bench") -> None:
    """A row for each recipe, and what was measured."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("recipe", no_wrap=True)
    table.add_column("task", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("CPU", justify="right", no_wrap=True)
    table.add_column("what it is for")
    for recipe, cost in costs:
        millions, latency = f"{cost.n_parameters / 1e6:.2f} M", f"{cost.latency_ms:.1f} ms"
        table.add_row(recipe.name, recipe.task, millions, latency, recipe.description)
    Console().print(table)
    print(
        f"\nsize: parameters for {bench.n_glosses} glosses of {bench.skeleton}. CPU: one clip of "
        f"{bench.n_frames} frames on one\nthread, measured now, best of {bench.n_runs} runs."
    )
