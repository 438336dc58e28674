"""The plans that are sold: a price each month, and the credits it buys."""

from enum import StrEnum

from pingvas_common import Credits, Currency, Money


class Plan(StrEnum):
    """What can be subscribed to."""

    CREATOR = "creator"
    STUDIO = "studio"

    def price(self, currency: Currency) -> Money:
        """What a month costs."""
        return Money(_PRICES[self][currency], currency)

    @property
    def credits(self) -> Credits:
        """What a paid month buys."""
        return Credits(_CREDITS[self])


_PRICES = {
    Plan.CREATOR: {Currency.USD: 1200, Currency.KRW: 16000},
    Plan.STUDIO: {Currency.USD: 4900, Currency.KRW: 65000},
}
_CREDITS = {Plan.CREATOR: 500, Plan.STUDIO: 2500}
