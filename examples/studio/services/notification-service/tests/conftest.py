from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from notification_service.main import create_app
from notification_service.notices import MemoryNoticeStore, Notices


@pytest.fixture
def notices() -> Notices:
    return Notices(MemoryNoticeStore())


@pytest.fixture
def client(notices: Notices) -> Iterator[TestClient]:
    with TestClient(create_app(notices)) as client:
        yield client
