"""Money in minor units, so that no amount is ever rounded by a float."""

from dataclasses import dataclass
from enum import StrEnum

from pingvas_common.errors import InvalidInputError


class Currency(StrEnum):
    """The currencies that Pingvas Studio bills in."""

    KRW = "KRW"
    USD = "USD"

    @property
    def decimals(self) -> int:
        """The digits behind the point: the won has none."""
        return 0 if self is Currency.KRW else 2


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the minor unit of its currency: cents, or won."""

    minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        if other.currency is not self.currency:
            raise InvalidInputError(f"can't add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __str__(self) -> str:
        sign, minor = ("-", -self.minor) if self.minor < 0 else ("", self.minor)
        if not self.currency.decimals:
            return f"{sign}{minor} {self.currency}"
        whole, part = divmod(minor, 10**self.currency.decimals)
        return f"{sign}{whole}.{part:0{self.currency.decimals}d} {self.currency}"
