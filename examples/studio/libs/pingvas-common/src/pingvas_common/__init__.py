"""Money, credits and errors, the same in every service of Pingvas Studio."""

from pingvas_common.credits import Credits
from pingvas_common.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PingvasError,
)
from pingvas_common.money import Currency, Money

__all__ = [
    "ConflictError",
    "Credits",
    "Currency",
    "ForbiddenError",
    "InvalidInputError",
    "Money",
    "NotFoundError",
    "PingvasError",
]
