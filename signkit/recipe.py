"""A recipe: every number that decides how a recognizer is built and trained.

Recipes are TOML files read into frozen pydantic models. Each number has one default, in its field.
`--set section.key=value` overrides one of them; an unknown key is an error that names the nearest
right one. The whole recipe goes into the checkpoint.
"""

import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from signkit.errors import RecipeError
from signkit.sections import (
    AugmentConfig,
    DataConfig,
    EncoderConfig,
    ModelConfig,
    Section,
    TrainConfig,
)


class Recipe(Section):
    """A whole recipe."""

    name: str = Field("", description="what `signkit recipes` calls it")
    description: str = Field("", description="one line: what it is for")
    task: Literal["isolated", "continuous"] = Field(description="one gloss a clip, or a sequence")
    data: DataConfig = DataConfig()
    encoder: EncoderConfig = Field(default_factory=EncoderConfig)
    augment: AugmentConfig = AugmentConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()

    @model_validator(mode="before")
    @classmethod
    def _encoder_defaults(cls, given: Any) -> Any:
        return {"encoder": {}, **given} if isinstance(given, dict) else given


def shipped_recipes() -> list[tuple[str, str]]:
    """(name, description) of the recipes inside the package."""
    return [(name, load_recipe(name).description) for name in _shipped_names()]


def recipe_text(name: str) -> str:
    """The TOML text of a shipped recipe or of a file.

    Raises:
        RecipeError: There is no such recipe, or it is not UTF-8 text.
    """
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise RecipeError(f"no recipe file at {path}; 'signkit recipes' lists the shipped ones")
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise RecipeError(f"recipe {name!r} is not UTF-8 text; save it as UTF-8") from error
    if name not in _shipped_names():
        near = get_close_matches(name, _shipped_names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"shipped: {', '.join(_shipped_names())};"
        raise RecipeError(f"no recipe is called {name!r}; {hint} or give the path of a .toml file")
    return str(_shipped_folder().joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or a TOML file by path, with `section.key=value` overrides.

    Raises:
        RecipeError: Unknown recipe, key or value; the message names the nearest right one.
    """
    try:
        record = tomllib.loads(recipe_text(name))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"recipe {name!r} is not valid TOML: {error}") from error
    for override in overrides:
        _override(record, override)
    return parse_recipe(record)


def parse_recipe(record: dict[str, Any]) -> Recipe:
    """A checked recipe from nested dictionaries.

    Raises:
        RecipeError: One line about the first thing that is wrong.
    """
    try:
        return Recipe.model_validate(record)
    except ValidationError as error:
        raise RecipeError(explain(error)) from error


def recipe_keys() -> list[str]:
    """Every key a recipe can have, dotted."""
    return list(_keys(Recipe, ""))


def _keys(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for key, info in section.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _keys(kind, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _override(record: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise RecipeError(f"--set needs section.key=value, got {override!r}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, last = key.split(".")
    for section in sections:
        inner = record.setdefault(section, {})
        if not isinstance(inner, dict):
            raise RecipeError(_unknown_key(key, recipe_keys(), "recipe"))
        record = inner
    record[last] = None if value == "null" else value


def explain(error: ValidationError, kind: type[BaseModel] = Recipe, *, noun: str = "recipe") -> str:
    """One line about the first thing that pydantic found wrong.

    Args:
        error: Of a file's validation.
        kind: What was validated.
        noun: What to call it.
    """
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(key, list(_keys(kind, "")), noun)
    if first["type"] == "missing":
        return f"{noun} lacks the key {key!r}: {first['msg'].lower()}"
    message = first["msg"].removeprefix("Value error, ")
    where = (
        f"{noun} key {key!r} is {first['input']!r}"
        if not isinstance(first["input"], dict)
        else f"{noun} section {key!r}"
        if key
        else noun
    )
    return f"{where}: {message[0].lower()}{message[1:]}"


def _unknown_key(key: str, known: Sequence[str], noun: str) -> str:
    sections = [name.partition(".")[0] for name in known]
    near = get_close_matches(key, known if "." in key else sections, n=1, cutoff=0.5)
    if near:
        hint = f"did you mean {near[0]!r}?"
    else:
        hint = f"known are {', '.join(dict.fromkeys(sections))}"
    return f"{noun} has no key {key!r}; {hint}"


def _shipped_folder() -> Any:
    return files("signkit").joinpath("recipes")


def _shipped_names() -> list[str]:
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in _shipped_folder().iterdir()
        if entry.name.endswith(".toml")
    )
