from uuid import uuid4

import pytest

from notification_service.notices import IncompleteError, Notices, Topic, UnknownNoticeError


def test_a_text_has_the_values_that_it_names(notices: Notices) -> None:
    sent = notices.send(uuid4(), Topic.IMAGE_FAILED, {"prompt": "a penguin", "reason": "no GPU"})
    assert sent.text == "“a penguin” failed: no GPU. The credits are yours again."


def test_every_topic_can_be_sent(notices: Notices) -> None:
    values = {"prompt": "p", "reason": "r", "credits": "3", "plan": "creator"}
    assert [notices.send(uuid4(), topic, values).topic for topic in Topic] == list(Topic)


def test_a_value_that_lacks_is_named(notices: Notices) -> None:
    user = uuid4()
    with pytest.raises(IncompleteError, match="a notice of credits-low says plan: give it"):
        notices.send(user, Topic.CREDITS_LOW, {"credits": "3"})
    assert notices.unread(user) == []


def test_what_is_read_no_longer_waits(notices: Notices) -> None:
    user = uuid4()
    first = notices.send(user, Topic.IMAGE_READY, {"prompt": "one"})
    second = notices.send(user, Topic.IMAGE_READY, {"prompt": "two"})
    notices.send(uuid4(), Topic.IMAGE_READY, {"prompt": "somebody else's"})
    assert notices.unread(user) == [second, first]
    read = notices.read(user, first.notice_id)
    assert read.read_at is not None
    assert notices.read(user, first.notice_id) == read
    assert notices.unread(user) == [second]


def test_nobody_reads_what_is_another_users(notices: Notices) -> None:
    sent = notices.send(uuid4(), Topic.PLAN_CHANGED, {"plan": "studio"})
    with pytest.raises(UnknownNoticeError):
        notices.read(uuid4(), sent.notice_id)
