"""Files of validated records: JSON in, one clear line out when it does not fit."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError


class Frozen(BaseModel):
    """A validated, immutable record; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong with a record: its field and why."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "the file"
    return f"{field}: {first['msg']}"
