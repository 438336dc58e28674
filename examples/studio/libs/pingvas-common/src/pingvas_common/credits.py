"""Credits: what a generation costs, in whole units and never less than none."""

from dataclasses import dataclass
from functools import total_ordering

from pingvas_common.errors import ConflictError, InvalidInputError


@total_ordering
@dataclass(frozen=True, slots=True)
class Credits:
    """An amount of credits."""

    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise InvalidInputError(f"credits can't be negative: {self.amount}")

    def __add__(self, other: "Credits") -> "Credits":
        return Credits(self.amount + other.amount)

    def __sub__(self, other: "Credits") -> "Credits":
        if other > self:
            raise ConflictError(f"{other} needed, {self} left: buy more credits")
        return Credits(self.amount - other.amount)

    def __lt__(self, other: "Credits") -> bool:
        return self.amount < other.amount

    def __str__(self) -> str:
        return f"{self.amount} credit{'' if self.amount == 1 else 's'}"
