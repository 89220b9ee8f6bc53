"""How landmarks become features, and the named presets."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from signkit.sections.base import NotNegative, Positive, Section

Group = Literal["left_hand", "right_hand", "arms", "face", "trunk", "legs", "other"]
LEVEL_GROUPS: tuple[str, ...] = get_args(Group)
"""The rows of a level table: which landmarks share their numbers of steps."""

Level = Annotated[int, Field(ge=0, le=1000)]
Levels = tuple[Level, Level, Level]


def _levels(*, hands: Levels, head: Levels, legs: Levels) -> dict[str, Levels]:
    """A table in which arms are as fine as hands, and the trunk as the face."""
    fine = dict.fromkeys(("left_hand", "right_hand", "arms", "other"), hands)
    return {**fine, "face": head, "trunk": head, "legs": legs}


# The BdSLW60 authors' "D5MAX" table of x, y and z.
_D5MAX = _levels(hands=(10, 10, 5), head=(5, 5, 3), legs=(1, 1, 1))
# At most: the train clips decide how many are worth it. Ten told fingerspelled letters apart worse.
_AT_MOST = _levels(hands=(16, 16, 16), head=(8, 8, 8), legs=(1, 1, 1))
_BARE = {"gap_fill_s": 0.0, "motion": 0, "distances": False, "handshape": False}

PRESETS: dict[str, dict[str, Any]] = {
    "parts": {},
    "bdslw60": {
        "anchors": "chain",
        "trunk": "frame0",
        "scale": "none",
        "range": "minmax",
        "mode": "trunc",
        "levels": _D5MAX,
        **_BARE,
    },
    "rqe": {"anchors": "own", "trunk": "frame", "scale": "per_part", "step": 0.05, **_BARE},
    "rqe-sf": {"anchors": "own", "trunk": "frame0", "scale": "per_part", "step": 0.05, **_BARE},
    "rqe-adaptive": {
        "anchors": "chain",
        "mode": "quantile",
        "levels": _AT_MOST,
        **_BARE,
    },
    "none": {"anchors": "none", "scale": "none", **_BARE},
}
"""What each preset sets otherwise than the fields' own defaults, which are those of `parts`."""


class EncoderConfig(Section):
    """Relative quantization encoding; `PRESETS` says what each preset sets."""

    preset: Literal["parts", "bdslw60", "rqe", "rqe-sf", "rqe-adaptive", "none"] = Field(
        "parts", description="base values"
    )
    anchors: Literal["parts", "chain", "own", "none"] = Field(
        "parts", description="which landmark carries which; chain: hand, wrist, elbow, shoulder"
    )
    trunk: Literal["frame", "frame0", "past", "clip_median"] = Field(
        "clip_median",
        description="where the mid-shoulder origin and scale are measured; frame0: where first "
        "seen; past: also, but frames before do not look there",
    )
    scale: Literal["none", "trunk", "per_part"] = Field("trunk", description="unit of length")
    levels: dict[Group, Levels] = Field(
        default_factory=dict,
        description="steps of x, y and z of each part, 0: continuous; one number stands for all",
    )
    step: NotNegative = Field(0.0, description="fixed bin width in units of scale; 0: use levels")
    mode: Literal["round", "trunc", "quantile"] = Field(
        "round", description="to the nearest of even bins, cut off to even bins, or equally full"
    )
    range: Literal["minmax", "quantile"] = Field(
        "quantile", description="of the train clips' offsets, where the bins begin and end"
    )
    range_tail: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.005, description="range quantile: share of the train offsets beyond either end"
    )
    min_bin: NotNegative = Field(
        0.25, description="mode quantile: narrowest bin, times the part's jitter while it is still"
    )
    quantization: Literal["hard", "soft", "straight-through"] = Field(
        "hard", description="soft: differentiable; straight-through: hard, gradient of identity"
    )
    temperature: Positive = Field(0.2, description="quantization soft: of a bin; 0 would be hard")
    output: Literal["centres", "codes"] = Field(
        "centres", description="a quantized place as the centre of its bin, or its number"
    )
    continuous: bool = Field(False, description="places not quantized, beside those that are")
    gap_fill_s: Annotated[float, Field(ge=0, le=60)] = Field(
        0.25, description="longest gap interpolated, seconds"
    )
    motion: Literal[0, 1, 2] = Field(
        1, description="differences to earlier and later frames: none, first, first and second"
    )
    distances: bool = Field(True, description="fingertip and hand-pair distances")
    handshape: bool = Field(
        True, description="distances and contacts within each hand, in lengths of that hand"
    )
    anchor_trajectory: bool = Field(
        False, description="wrists and nose from the clip's trunk, never quantized"
    )
    hand_paths: bool = Field(
        False, description="smoothed movement, speed and direction of the hands; for tracked points"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, given: Any) -> Any:
        name = given.get("preset", "parts") if isinstance(given, dict) else None
        if name not in PRESETS:
            return given
        base = PRESETS[name]
        levels = _whole_table(base.get("levels", {}), given.get("levels", {}))
        return {**base, **given, "levels": levels}

    @model_validator(mode="after")
    def _quantizes_one_way(self) -> "EncoderConfig":
        if self.step and any(map(any, self.levels.values())):
            raise ValueError(
                f"step {self.step} and levels both say how to quantize; set step or levels to 0"
            )
        return self

    @property
    def is_quantized(self) -> bool:
        """Whether any place is rounded at all."""
        return bool(self.step) or any(map(any, self.levels.values()))


def _whole_table(base: dict[str, Levels], given: Any) -> Any:
    """Levels of every group: those given, else the preset's, else continuous."""
    if given in (None, "none") or isinstance(given, int):
        given = dict.fromkeys(LEVEL_GROUPS, given)
    if not isinstance(given, dict):
        return given
    continuous = dict.fromkeys(LEVEL_GROUPS, (0, 0, 0))
    return {**continuous, **base, **{group: _widened(level) for group, level in given.items()}}


def _widened(level: Any) -> Any:
    """One number for all axes; `none` is 0."""
    number = 0 if level in (None, "none") else level
    return (number,) * 3 if isinstance(number, int) else number
