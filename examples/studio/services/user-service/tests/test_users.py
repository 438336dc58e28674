from uuid import uuid4

import pytest

from user_service.users import (
    ClosedError,
    InvalidError,
    Plan,
    TakenError,
    UnknownUserError,
    Users,
)


def test_addresses_and_handles_are_compared_in_one_form(users: Users) -> None:
    user = users.register(" Mina@Pingvas.Studio ", "@Mina_01")
    assert (user.email, user.handle) == ("mina@pingvas.studio", "mina_01")
    with pytest.raises(TakenError, match=r"mina@pingvas\.studio already has an account"):
        users.register("MINA@pingvas.studio", "other")
    with pytest.raises(TakenError, match="handle mina_01 is taken"):
        users.register("other@pingvas.studio", "MINA_01")


@pytest.mark.parametrize("email", ["", "mina", "mina@studio", "a@b@c.d", "mi na@pingvas.studio"])
def test_what_is_no_address_is_refused(users: Users, email: str) -> None:
    with pytest.raises(InvalidError, match="isn't an e-mail address"):
        users.register(email, "mina")


@pytest.mark.parametrize("handle", ["", "mi", "1mina", "mina!", "m" * 31])
def test_what_is_no_handle_is_refused(users: Users, handle: str) -> None:
    with pytest.raises(InvalidError, match="can't be a handle"):
        users.register("mina@pingvas.studio", handle)


def test_a_closed_account_is_free_and_stays_closed(users: Users) -> None:
    user = users.register("mina@pingvas.studio", "mina")
    assert users.change_plan(user.user_id, Plan.STUDIO).plan is Plan.STUDIO
    closed = users.close(user.user_id)
    assert closed.plan is Plan.FREE
    assert users.close(user.user_id) == closed
    with pytest.raises(ClosedError, match="open a new account"):
        users.change_plan(user.user_id, Plan.CREATOR)


def test_an_unknown_account_is_refused(users: Users) -> None:
    with pytest.raises(UnknownUserError):
        users.get(uuid4())
