import pytest

from pingvas_common import ConflictError, Credits, InvalidInputError


def test_credits_are_added_compared_and_spent() -> None:
    assert Credits(3) + Credits(4) == Credits(7)
    assert Credits(7) - Credits(7) == Credits(0)
    assert Credits(3) < Credits(4) <= Credits(4)


def test_credits_are_never_negative() -> None:
    with pytest.raises(InvalidInputError, match="can't be negative: -1"):
        Credits(-1)


def test_more_than_there_is_cannot_be_spent() -> None:
    with pytest.raises(ConflictError, match="5 credits needed, 1 credit left"):
        Credits(1) - Credits(5)
