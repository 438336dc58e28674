"""One error model: a service raises these, and its HTTP edge turns them into a response."""

from typing import ClassVar


class PingvasError(Exception):
    """A refusal that the caller is told about: a stable code, an HTTP status, a sentence."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def body(self) -> dict[str, str]:
        """The JSON body of the response."""
        return {"code": self.code, "message": self.message}


class InvalidInputError(PingvasError):
    """The request can never succeed as it is."""

    code = "invalid_input"
    status = 422


class ForbiddenError(PingvasError):
    """The request isn't proven to come from whom it says."""

    code = "forbidden"
    status = 403


class NotFoundError(PingvasError):
    """The thing asked for doesn't exist."""

    code = "not_found"
    status = 404


class ConflictError(PingvasError):
    """The request doesn't fit the present state of the thing; a later one may."""

    code = "conflict"
    status = 409
