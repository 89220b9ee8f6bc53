"""What all sections share: strictness, and the kinds of numbers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A group of settings; unknown keys, changes after construction, and numbers that
    are infinite or none are errors.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
