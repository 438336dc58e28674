from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from gallery_service.gallery import Gallery
from gallery_service.main import create_app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Gallery(), ["https://pingvas.studio"])) as client:
        yield client


def publish(client: TestClient, title: str, tags: list[str]) -> dict[str, object]:
    response = client.post(
        "/images",
        json={
            "title": title,
            "url": "https://cdn.pingvas.studio/1.png",
            "author_id": str(uuid4()),
            "tags": tags,
        },
    )
    assert response.status_code == 201, response.text
    body: dict[str, object] = response.json()
    return body


def test_healthz(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_published_images_are_listed_page_by_page(client: TestClient) -> None:
    for title in ("one", "two", "three"):
        publish(client, title, ["cat"])
    publish(client, "other", ["dog"])
    first = client.get("/images", params={"limit": 2, "tag": "cat"}).json()
    assert [image["title"] for image in first["images"]] == ["three", "two"]
    rest = client.get("/images", params={"tag": "cat", "cursor": first["next_cursor"]}).json()
    assert [image["title"] for image in rest["images"]] == ["one"]
    assert rest["next_cursor"] is None


def test_likes_are_counted(client: TestClient) -> None:
    made = publish(client, "one", [])
    path = f"/images/{made['image_id']}/likes"
    assert client.post(path, json={"user_id": str(uuid4())}).json()["likes"] == 1


def test_refusals(client: TestClient) -> None:
    assert client.get("/images", params={"limit": 101}).status_code == 422
    assert client.get("/images", params={"cursor": "x"}).status_code == 422
    assert client.get("/images", params={"tag": "No Tag"}).status_code == 422
    unknown = client.post(f"/images/{uuid4()}/likes", json={"user_id": str(uuid4())})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://pingvas.studio", "https://pingvas.studio"), ("https://elsewhere.example", None)],
)
def test_only_our_pages_may_call_from_a_browser(
    client: TestClient, origin: str, allowed: str | None
) -> None:
    response = client.get("/images", headers={"Origin": origin})
    assert response.headers.get("access-control-allow-origin") == allowed
