"""What all settings have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """Base of all settings: frozen, unknown keys and infinite numbers refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def check_shares(**shares: float) -> None:
    """Refuses shares of one whole that add up to more, as a validator does.

    Args:
        **shares: by the names that the message gives them.
    """
    if sum(shares.values()) > 1.0 + 1e-9:
        given = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise PydanticCustomError("shares", "these shares add up to more than 1: {given}", {"given": given})
