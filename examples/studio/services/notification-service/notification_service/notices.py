"""Notices: what a user is told, in which words, and what they have read of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4


class Topic(StrEnum):
    """What a notice is about."""

    IMAGE_READY = "image-ready"
    IMAGE_FAILED = "image-failed"
    CREDITS_LOW = "credits-low"
    PLAN_CHANGED = "plan-changed"


# Each has the names that its text is told with.
_TEXTS = {
    Topic.IMAGE_READY: ("Your image is ready", "“{prompt}” is drawn: see it in your gallery."),
    Topic.IMAGE_FAILED: (
        "Your image could not be drawn",
        "“{prompt}” failed: {reason}. The credits are yours again.",
    ),
    Topic.CREDITS_LOW: ("Few credits are left", "{credits} credits are left on the plan {plan}."),
    Topic.PLAN_CHANGED: ("Your plan has changed", "From now on it is {plan}."),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a user is told."""

    user_id: UUID
    topic: Topic
    title: str
    text: str
    notice_id: UUID = field(default_factory=uuid4)
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    read_at: datetime | None = None


class Notices:
    """What the service does with notices, whatever they are stored in."""

    def __init__(self, store: "NoticeStore") -> None:
        self._store = store

    def send(self, user_id: UUID, topic: Topic, values: dict[str, str]) -> Notice:
        """Tell a user of something, in the topic's words."""
        title, text = _TEXTS[topic]
        try:
            notice = Notice(user_id, topic, title, text.format(**values))
        except KeyError as missing:
            raise IncompleteError(f"a notice of {topic} says {missing.args[0]}: give it") from None
        self._store.put(notice)
        return notice

    def unread(self, user_id: UUID) -> list[Notice]:
        """What a user has not read, the newest first."""
        waiting = [notice for notice in self._store.of(user_id) if notice.read_at is None]
        return sorted(waiting, key=lambda notice: notice.sent_at, reverse=True)

    def read(self, user_id: UUID, notice_id: UUID) -> Notice:
        """Note that a user has read a notice of theirs, once."""
        notice = next((n for n in self._store.of(user_id) if n.notice_id == notice_id), None)
        if notice is None:
            raise UnknownNoticeError(f"user {user_id} has no notice {notice_id}")
        if notice.read_at is None:
            notice = replace(notice, read_at=datetime.now(UTC))
            self._store.put(notice)
        return notice


class NoticeError(Exception):
    """A refusal that the caller is told about."""

    status = 400


class IncompleteError(NoticeError):
    """The topic's text needs more than what was given."""

    status = 422


class UnknownNoticeError(NoticeError):
    """The user has no such notice."""

    status = 404


class NoticeStore(Protocol):
    """Where notices are kept."""

    def of(self, user_id: UUID) -> list[Notice]: ...
    def put(self, notice: Notice) -> None: ...


class MemoryNoticeStore:
    """Notices in memory: for tests, and for a service that runs alone."""

    def __init__(self) -> None:
        self._notices: dict[UUID, Notice] = {}

    def of(self, user_id: UUID) -> list[Notice]:
        """A user's notices, in the order in which they came."""
        return [notice for notice in self._notices.values() if notice.user_id == user_id]

    def put(self, notice: Notice) -> None:
        """Keep a notice, in place of the one with its id."""
        self._notices[notice.notice_id] = notice
