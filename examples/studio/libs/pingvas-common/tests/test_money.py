import pytest

from pingvas_common import Currency, InvalidInputError, Money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(0, Currency.USD), "0.00 USD"),
        (Money(5, Currency.USD), "0.05 USD"),
        (Money(1999, Currency.USD), "19.99 USD"),
        (Money(-1999, Currency.USD), "-19.99 USD"),
        (Money(12000, Currency.KRW), "12000 KRW"),
        (Money(-12000, Currency.KRW), "-12000 KRW"),
    ],
)
def test_money_is_written_with_the_decimals_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text


def test_money_is_added_and_multiplied_in_minor_units() -> None:
    price = Money(10, Currency.USD)
    assert price * 3 == price + Money(20, Currency.USD)


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(InvalidInputError, match="can't add KRW to USD"):
        Money(1, Currency.USD) + Money(1, Currency.KRW)
