import pytest

from pingvas_common import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PingvasError,
)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (PingvasError, 500, "internal"),
        (InvalidInputError, 422, "invalid_input"),
        (ForbiddenError, 403, "forbidden"),
        (NotFoundError, 404, "not_found"),
        (ConflictError, 409, "conflict"),
    ],
)
def test_every_error_has_a_status_and_a_body(
    kind: type[PingvasError], status: int, code: str
) -> None:
    error = kind("no such job")
    assert error.status == status
    assert error.body() == {"code": code, "message": "no such job"}
    assert str(error) == "no such job"
