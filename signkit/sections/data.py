"""How clips are read."""

from typing import Literal

from pydantic import Field

from signkit.sections.base import Positive, Section, Share


class DataConfig(Section):
    """How clips become batches."""

    fps: Positive | None = Field(
        None, ge=1, le=1000, description="frames per second; null: the train clips' own"
    )
    landmarks: Literal["signing", "all"] = Field(
        "signing", description="signing: upper body, hands, lips, brows and eyes; all: every one"
    )
    n_dims: Literal[2, 3] = Field(3, description="coordinates used, when the skeleton has as many")
    dev_share: Share = Field(0.1, description="of train, carved out when there is no dev split")
