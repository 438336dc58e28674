"""Users: who they are, and the rules that an account obeys."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4


class Users:
    """What the service does with accounts, whatever they are stored in."""

    def __init__(self, store: "UserStore") -> None:
        self._store = store

    def register(self, email: str, handle: str) -> "User":
        """Open an account. An address or a handle belongs to one account at a time."""
        user = User(email=normal_email(email), handle=normal_handle(handle))
        if self._store.by_email(user.email) is not None:
            raise TakenError(f"{user.email} already has an account: sign in instead")
        if self._store.by_handle(user.handle) is not None:
            raise TakenError(f"the handle {user.handle} is taken: choose another")
        self._store.put(user)
        return user

    def get(self, user_id: UUID) -> "User":
        """The account with this id."""
        user = self._store.get(user_id)
        if user is None:
            raise UnknownUserError(f"no user {user_id}")
        return user

    def change_plan(self, user_id: UUID, plan: "Plan") -> "User":
        """Move an account to another plan. A closed account stays as it is."""
        user = self.get(user_id)
        if user.closed_at is not None:
            raise ClosedError(f"user {user_id} is closed: open a new account")
        changed = replace(user, plan=plan)
        self._store.put(changed)
        return changed

    def close(self, user_id: UUID) -> "User":
        """Close an account, once: closing it again changes nothing."""
        user = self.get(user_id)
        if user.closed_at is not None:
            return user
        closed = replace(user, plan=Plan.FREE, closed_at=datetime.now(UTC))
        self._store.put(closed)
        return closed


class Plan(StrEnum):
    """What an account pays for."""

    FREE = "free"
    CREATOR = "creator"
    STUDIO = "studio"


@dataclass(frozen=True, slots=True)
class User:
    """An account."""

    email: str
    handle: str
    plan: Plan = Plan.FREE
    user_id: UUID = field(default_factory=uuid4)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    closed_at: datetime | None = None


class UserError(Exception):
    """A refusal that the caller is told about."""

    status = 400


class InvalidError(UserError):
    """The address or the handle can't be one."""

    status = 422


class TakenError(UserError):
    """Another account has it."""

    status = 409


class ClosedError(UserError):
    """The account is closed."""

    status = 409


class UnknownUserError(UserError):
    """There is no such account."""

    status = 404


_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_HANDLE = re.compile(r"[a-z][a-z0-9_]{2,29}")


def normal_email(email: str) -> str:
    """The address in the form in which two of them are compared."""
    text = email.strip().lower()
    if not _EMAIL.fullmatch(text):
        raise InvalidError(f"{email!r} isn't an e-mail address")
    return text


def normal_handle(handle: str) -> str:
    """The handle without its @, in small letters."""
    text = handle.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(text):
        raise InvalidError(
            f"{handle!r} can't be a handle: 3 to 30 of a-z, 0-9 and _, a letter first"
        )
    return text


class UserStore(Protocol):
    """Where accounts are kept."""

    def get(self, user_id: UUID) -> User | None: ...
    def by_email(self, email: str) -> User | None: ...
    def by_handle(self, handle: str) -> User | None: ...
    def put(self, user: User) -> None: ...


class MemoryUserStore:
    """Accounts in memory: for tests, and for a service that runs alone."""

    def __init__(self) -> None:
        self._users: dict[UUID, User] = {}

    def get(self, user_id: UUID) -> User | None:
        return self._users.get(user_id)

    def by_email(self, email: str) -> User | None:
        return next((user for user in self._users.values() if user.email == email), None)

    def by_handle(self, handle: str) -> User | None:
        return next((user for user in self._users.values() if user.handle == handle), None)

    def put(self, user: User) -> None:
        self._users[user.user_id] = user
