import base64
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID, uuid4

import pytest

from gallery_service.gallery import Gallery, Image, PageError, UnknownImageError

AUTHOR = uuid4()
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def image(number: int, *tags: str) -> Image:
    """The image of a minute: a higher number was published later."""
    return Image(
        title=f"image {number}",
        url=f"https://cdn.pingvas.studio/{number}.png",
        author_id=AUTHOR,
        tags=frozenset(tags),
        image_id=UUID(int=number),
        published_at=NOON + timedelta(minutes=number),
    )


def titles(gallery: Gallery, limit: int, tag: str | None = None) -> list[list[str]]:
    """Every page, read to the end."""
    pages, cursor = [], None
    while True:
        page = gallery.page(limit=limit, cursor=cursor, tag=tag)
        pages.append([image.title for image in page.images])
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize(
    ("count", "limit", "sizes"),
    [(0, 2, [0]), (1, 2, [1]), (2, 2, [2]), (3, 2, [2, 1]), (4, 2, [2, 2])],
)
def test_pages_hold_every_image_once(count: int, limit: int, sizes: list[int]) -> None:
    pages = titles(Gallery(image(n) for n in range(count)), limit)
    assert [len(page) for page in pages] == sizes
    assert list(chain(*pages)) == [f"image {n}" for n in reversed(range(count))]


def test_an_image_published_meanwhile_shifts_no_page() -> None:
    gallery = Gallery(image(n) for n in range(4))
    first = gallery.page(limit=2)
    gallery.publish(image(9))
    second = gallery.page(limit=2, cursor=first.next_cursor)
    assert [image.title for image in second.images] == ["image 1", "image 0"]


def test_images_of_one_instant_have_an_order() -> None:
    same = [
        Image("same", "https://cdn.pingvas.studio/s.png", AUTHOR, published_at=NOON)
        for _ in range(5)
    ]
    assert [len(page) for page in titles(Gallery(same), 2)] == [2, 2, 1]


def test_a_tag_selects() -> None:
    gallery = Gallery([image(1, "cat"), image(2, "dog"), image(3, "cat", "dog")])
    assert titles(gallery, 5, "cat") == [["image 3", "image 1"]]


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_page_has_a_size(limit: int) -> None:
    with pytest.raises(PageError, match="isn't between 1 and 100"):
        Gallery().page(limit=limit)


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "é",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b'["2026-01-01T12:00:00", "x"]').decode(),
        base64.urlsafe_b64encode(b"[1, 2]").decode(),
    ],
)
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(PageError, match="isn't one of ours"):
        Gallery().page(cursor=cursor)


def test_a_user_likes_an_image_once() -> None:
    gallery, user = Gallery([image(1)]), uuid4()
    gallery.like(UUID(int=1), user)
    assert gallery.like(UUID(int=1), user).likes == 1
    assert gallery.like(UUID(int=1), uuid4()).likes == 2
    with pytest.raises(UnknownImageError):
        gallery.like(UUID(int=2), user)
