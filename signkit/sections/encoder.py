"""How landmarks become features, and the named presets."""

from typing import Any, Literal

from pydantic import Field, model_validator

from signkit.sections.base import NotNegative, Section

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
