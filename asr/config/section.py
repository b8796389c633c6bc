"""What every table of the configuration is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Share = Annotated[float, Field(ge=0.0, le=1.0)]
OpenShare = Annotated[float, Field(ge=0.0, lt=1.0)]
Pair = tuple[PositiveInt, PositiveInt]


class Section(BaseModel):
    """A table of the TOML file: values cannot change, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
