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
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from signkit.errors import RecipeError

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Levels = tuple[int, int, int]

# Levels of x, y and z of the BdSLW60 authors' "D5MAX" table.
_ARM_AND_FACE, _TRUNK, _LEGS = (10, 10, 5), (5, 5, 3), (1, 1, 1)

PRESETS: dict[str, dict[str, Any]] = {
    "parts": {
        "anchors": "parts",
        "trunk": "clip_median",
        "scale": "trunk",
        "levels": {},
        "gap_fill_s": 0.25,
        "velocity": True,
        "distances": True,
    },
    "bdslw60": {
        "anchors": "chain",
        "trunk": "frame0",
        "scale": "none",
        "levels": {
            "left_hand": _ARM_AND_FACE,
            "right_hand": _ARM_AND_FACE,
            "arms": _ARM_AND_FACE,
            "face": _TRUNK,
            "trunk": _TRUNK,
            "legs": _LEGS,
            "other": _ARM_AND_FACE,
        },
        "gap_fill_s": 0.0,
        "velocity": False,
        "distances": False,
    },
    "rqe-sf": {
        "anchors": "own",
        "trunk": "frame0",
        "scale": "per_part",
        "step": 0.05,
        "gap_fill_s": 0.0,
        "velocity": False,
        "distances": False,
    },
    "none": {
        "anchors": "none",
        "trunk": "clip_median",
        "scale": "none",
        "levels": {},
        "gap_fill_s": 0.0,
        "velocity": False,
        "distances": False,
    },
}


class Section(BaseModel):
    """A group of settings; unknown keys and changes after construction are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(Section):
    """How clips become batches."""

    fps: Positive | None = Field(None, description="frames per second; null: the train clips' own")
    landmarks: Literal["signing", "all"] = Field(
        "signing", description="signing: upper body, hands, lips, brows and eyes; all: every one"
    )
    n_dims: Literal[2, 3] = Field(3, description="coordinates used, when the skeleton has as many")
    dev_share: Share = Field(0.1, description="of train, carved out when there is no dev split")


class EncoderConfig(Section):
    """Relative quantization encoding; `PRESETS` says what each preset sets."""

    preset: Literal["parts", "bdslw60", "rqe-sf", "none"] = Field(
        "parts", description="base values"
    )
    anchors: Literal["parts", "chain", "own", "none"] = Field(
        "parts", description="which landmark carries which; chain: hand, wrist, elbow, shoulder"
    )
    trunk: Literal["frame", "frame0", "clip_median"] = Field(
        "clip_median", description="where the mid-shoulder origin and scale are measured"
    )
    scale: Literal["none", "trunk", "per_part"] = Field("trunk", description="unit of length")
    levels: dict[str, Levels] = Field(
        default_factory=dict, description="bins per axis of each part; absent: continuous"
    )
    step: NotNegative = Field(0.0, description="fixed bin width in units of scale; 0: use levels")
    gap_fill_s: NotNegative = Field(0.25, description="longest gap interpolated, seconds")
    velocity: bool = Field(True, description="differences to the previous and to the next frame")
    distances: bool = Field(True, description="fingertip and hand-pair distances")

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, given: Any) -> Any:
        name = given.get("preset", "parts") if isinstance(given, dict) else None
        return {**PRESETS[name], **given} if name in PRESETS else given


class AugmentConfig(Section):
    """Random changes of a training clip, each drawn once per clip; 0 turns one off."""

    rotate_deg: tuple[NotNegative, NotNegative, NotNegative] = Field(
        (10.0, 15.0, 10.0), description="largest pitch, yaw and roll, degrees"
    )
    scale: Share = Field(0.15, description="largest relative stretch of x, y and z, each its own")
    shear: Share = Field(0.1, description="largest shear of x by y and y by x")
    mirror: Share = Field(0.5, description="probability of exchanging left and right")
    speed: Share = Field(0.3, description="largest relative change of speed")
    warp: Share = Field(0.2, description="largest local change of speed within a clip")
    frame_drop: Share = Field(0.1, description="largest share of a clip hidden, in one piece")
    hand_drop: Share = Field(0.05, description="probability that one hand vanishes for a while")
    landmark_noise: NotNegative = Field(0.01, description="sigma in units of the clip's scale")
    bone_stretch: Share = Field(0.1, description="largest relative change of a part's own size")


class ModelConfig(Section):
    """Frontend, body and head of the recognizer."""

    body: Literal["transformer", "conformer"] = Field(
        "conformer", description="body of the network"
    )
    width: Count = Field(192, description="D, features per frame")
    n_blocks: Count = Field(4, description="blocks of the body")
    n_heads: Count = Field(4, description="attention heads; divides the width")
    feedforward: Count = Field(
        2, description="hidden width of feed-forward layers, times the width"
    )
    kernel_size: Count = Field(9, description="frames of the depthwise convolution, odd")
    subsampling: Literal[1, 2, 4, 8] = Field(1, description="frames in for one frame out")
    dropout: Share = Field(0.1, description="inside blocks")
    input_dropout: Share = Field(0.1, description="on encoded features")
    head_dropout: Share = Field(0.3, description="before the classifier")
    block_drop: Share = Field(
        0.1, description="stochastic depth of the last block, rising linearly"
    )

    @model_validator(mode="after")
    def _fits(self) -> "ModelConfig":
        if self.width % (2 * self.n_heads):
            raise ValueError(f"width {self.width} is not a multiple of 2 * n_heads {self.n_heads}")
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size {self.kernel_size} is even; use an odd number of frames")
        return self


class TrainConfig(Section):
    """The training loop."""

    epochs: Count = Field(60, description="passes over the train split")
    min_updates: int = Field(
        0, ge=0, description="more epochs if needed to reach this many updates"
    )
    frames_per_batch: Count = Field(4000, description="padded frames of a batch at most")
    clips_per_batch: Count = Field(64, description="clips of a batch at most")
    peak_lr: Positive = Field(1e-3, description="learning rate after warm-up")
    warmup: Share = Field(0.1, description="share of all updates with a rising rate")
    weight_decay: NotNegative = Field(0.05, description="of AdamW, on matrices only")
    clip_norm: Positive = Field(1.0, description="largest norm of the gradient")
    label_smoothing: Share = Field(0.1, description="isolated: of the cross-entropy")
    consistency: NotNegative = Field(
        0.0,
        description="weight of the divergence between two augmented views of a clip; 0: one view",
    )
    ema_decay: Share = Field(0.0, description="of the averaged weights that are kept; 0: off")
    precision: Literal["no", "bf16", "fp16"] = Field("no", description="mixed precision")
    seed: int = Field(0, ge=0, description="of initial weights, data order and augmentation")


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
    """The TOML text of a shipped recipe or of a file."""
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise RecipeError(f"no recipe file at {path}; 'signkit recipes' lists the shipped ones")
        return path.read_text(encoding="utf-8")
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
        raise RecipeError(_explain(error)) from error


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
            raise RecipeError(_unknown_key(key))
        record = inner
    record[last] = None if value == "null" else value


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(key)
    if first["type"] == "missing":
        return f"recipe lacks the key {key!r}: {first['msg'].lower()}"
    message = first["msg"].removeprefix("Value error, ")
    where = (
        f"recipe key {key!r} is {first['input']!r}"
        if not isinstance(first["input"], dict)
        else f"recipe section {key!r}"
    )
    return f"{where}: {message[0].lower()}{message[1:]}"


def _unknown_key(key: str) -> str:
    sections = [name.partition(".")[0] for name in recipe_keys()]
    candidates = recipe_keys() if "." in key else sections
    near = get_close_matches(key, candidates, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "'signkit recipes' shows the known keys"
    return f"recipe has no key {key!r}; {hint}"


def _shipped_folder() -> Any:
    return files("signkit").joinpath("recipes")


def _shipped_names() -> list[str]:
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in _shipped_folder().iterdir()
        if entry.name.endswith(".toml")
    )
