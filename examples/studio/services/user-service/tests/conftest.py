from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from user_service.main import create_app
from user_service.users import MemoryUserStore, Users


@pytest.fixture
def users() -> Users:
    return Users(MemoryUserStore())


@pytest.fixture
def client(users: Users) -> Iterator[TestClient]:
    with TestClient(create_app(users)) as client:
        yield client
