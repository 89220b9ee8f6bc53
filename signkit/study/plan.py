"""What a study compares: variants of a recipe, seeds, folds; read from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from signkit.errors import StudyError
from signkit.recipe import Recipe, explain, load_recipe
from signkit.sections import Section
from signkit.sections.base import Count


class Variant(Section):
    """One thing that is compared with the others."""

    recipe: str = Field("", description="shipped name or TOML path; by default the study's")
    set: tuple[str, ...] = Field((), description="section.key=value, after the study's own")


class Study(Section):
    """A study file."""

    name: str = Field("study", description="heading of the table")
    recipe: str = Field("", description="of variants that name none")
    set: tuple[str, ...] = Field((), description="section.key=value for every variant")
    variants: dict[str, Variant] = Field(default_factory=dict, description="by name, in order")
    grid: dict[str, tuple[Any, ...]] = Field(
        default_factory=dict, description="values of keys; every combination for every variant"
    )
    seeds: Count = Field(3, description="runs of each variant and fold, seeds 0, 1, ...")
    folds: int = Field(
        0, ge=0, description="folds of the clips outside test, each scored once; 0: own splits"
    )
    group: Literal["signer", "sentence", "session", "video"] | None = Field(
        None, description="what folds keep whole; by default single clips"
    )
    split: Literal["dev", "test"] = Field("test", description="scored, where there are no folds")
    baseline: str = Field("", description="the others are tested against it; by default the first")

    @model_validator(mode="after")
    def _fits(self) -> "Study":
        if self.folds == 1:
            raise ValueError("folds is 1; use 2 or more, or 0 for the dataset's own splits")
        if not self.recipe and not all(v.recipe for v in self.variants.values()):
            raise ValueError("some variant has no recipe; give 'recipe' for all of them")
        if not self.recipe and not self.variants:
            raise ValueError("there is nothing to run; give 'recipe' or [variants.NAME]")
        empty = [key for key, values in self.grid.items() if not values]
        if empty:
            raise ValueError(f"the grid has no value for {empty[0]!r}; give some or leave it out")
        settings = [text for v in self.named_variants().values() for text in v.set]
        if "train.seed" in (text.partition("=")[0] for text in settings):
            raise ValueError("train.seed is set; 'seeds' says how many, and they are 0, 1, ...")
        self._check_names()
        if self.baseline and self.baseline not in self.named_variants():
            names = ", ".join(self.named_variants())
            raise ValueError(f"baseline {self.baseline!r} is no variant; they are {names}")
        return self

    def _check_names(self) -> None:
        """Every row has a name and a folder of its own."""
        n_rows = max(1, len(self.variants)) * prod(map(len, self.grid.values()))
        rows = self.named_variants()
        if len(rows) < n_rows:
            raise ValueError("two rows of the grid have the same values or the same name")
        names: dict[str, str] = {}
        for name in rows:
            folder = _folder_name(name)
            if not folder.strip("."):
                raise ValueError(f"{name!r} cannot be the name of a variant")
            if folder in names:
                raise ValueError(f"{names[folder]!r} and {name!r} would share the folder {folder}")
            names[folder] = name

    def named_variants(self) -> dict[str, Variant]:
        """Every variant with every combination of the grid, by the name of its row."""
        variants = self.variants or {self.recipe: Variant()}
        combinations = [
            [f"{key}={_as_text(value)}" for key, value in zip(self.grid, values, strict=True)]
            for values in product(*self.grid.values())
        ]
        return {
            _row_name(name, settings, is_alone=len(variants) == 1): Variant(
                recipe=variant.recipe or self.recipe, set=(*self.set, *variant.set, *settings)
            )
            for name, variant in variants.items()
            for settings in combinations
        }

    def trials(self) -> list["Trial"]:
        """All runs; every variant has its first seed before any has its second."""
        return [
            Trial(name, load_recipe(variant.recipe, variant.set), fold, seed)
            for seed in range(self.seeds)
            for fold in (range(1, self.folds + 1) if self.folds else (0,))
            for name, variant in self.named_variants().items()
        ]


@dataclass(frozen=True)
class Trial:
    """One run of a study.

    Args:
        variant: Row of the table.
        recipe: What it trains.
        fold: Scored fold, from 1; 0: the scored split of the dataset.
        seed: Of the training.
    """

    variant: str
    recipe: Recipe
    fold: int
    seed: int

    @property
    def folder(self) -> str:
        """Where it works, below the study's own folder."""
        return (
            f"{_folder_name(self.variant)}/"
            + (f"fold-{self.fold}-" if self.fold else "")
            + f"seed-{self.seed}"
        )


def read_study(path: Path) -> Study:
    """The study of a TOML file.

    Raises:
        StudyError: It is missing, no TOML, or has wrong keys or values.
    """
    if not path.is_file():
        raise StudyError(f"no study file at {path}; expected TOML with recipe, seeds, variants")
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is not valid TOML: {error}") from error
    return parse_study(record, source=str(path))


def parse_study(record: Mapping[str, Any], *, source: str) -> Study:
    """A checked study from nested dictionaries.

    Raises:
        StudyError: One line about the first thing that is wrong.
    """
    try:
        return Study.model_validate(record)
    except ValidationError as error:
        raise StudyError(f"{source}: {explain(error, Study, noun='study')}") from error


def _row_name(name: str, settings: list[str], *, is_alone: bool) -> str:
    if not settings:
        return name
    values = " ".join(_short(setting) for setting in settings)
    return values if is_alone else f"{name} {values}"


def _folder_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._=-+" else "-" for c in name)


def _short(setting: str) -> str:
    """`preset=none` of `encoder.preset=none`."""
    key, _, value = setting.partition("=")
    return f"{key.rpartition('.')[2]}={value}"


def _as_text(value: Any) -> str:
    """A value as `--set` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_text, value)) + "]"
    return str(value)
