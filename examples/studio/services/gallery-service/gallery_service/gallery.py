"""The gallery: published images, newest first, in pages that don't shift under the reader."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

MAX_PAGE = 100


class Gallery:
    """What can be seen, and how it is paged."""

    def __init__(self, images: Iterable["Image"] = ()) -> None:
        self._images = {image.image_id: image for image in images}

    def publish(self, image: "Image") -> "Image":
        """Show an image. Publishing it again replaces what was shown."""
        self._images[image.image_id] = image
        return image

    def like(self, image_id: UUID, user_id: UUID) -> "Image":
        """Like an image; a user's second like changes nothing."""
        image = self._images.get(image_id)
        if image is None:
            raise UnknownImageError(f"no image {image_id}")
        return self.publish(replace(image, liked_by=image.liked_by | {user_id}))

    def page(self, *, limit: int = 20, cursor: str | None = None, tag: str | None = None) -> "Page":
        """Up to limit images after the cursor. The cursor names a place in the order and
        not a count, so images published meanwhile neither repeat nor hide others."""
        if not 1 <= limit <= MAX_PAGE:
            raise PageError(f"limit {limit} isn't between 1 and {MAX_PAGE}")
        wanted = sorted(
            (image for image in self._images.values() if tag is None or tag in image.tags),
            key=_place,
            reverse=True,
        )
        if cursor is not None:
            after = read_cursor(cursor)
            wanted = [image for image in wanted if _place(image) < after]
        images, more = wanted[:limit], len(wanted) > limit
        return Page(images, write_cursor(images[-1]) if more else None)


@dataclass(frozen=True, slots=True)
class Image:
    """A published image."""

    title: str
    url: str
    author_id: UUID
    tags: frozenset[str] = frozenset()
    liked_by: frozenset[UUID] = frozenset()
    image_id: UUID = field(default_factory=uuid4)
    published_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def likes(self) -> int:
        """How many users like it."""
        return len(self.liked_by)


@dataclass(frozen=True, slots=True)
class Page:
    """Some images, and where the next page starts: None on the last."""

    images: list[Image]
    next_cursor: str | None


class GalleryError(Exception):
    """A refusal that the caller is told about."""

    status = 400


class PageError(GalleryError):
    """The page asked for can't be one."""

    status = 422


class UnknownImageError(GalleryError):
    """There is no such image."""

    status = 404


# Two images of one instant still have an order, because their ids differ.
_Place = tuple[datetime, str]


def _place(image: Image) -> _Place:
    return image.published_at, str(image.image_id)


def write_cursor(image: Image) -> str:
    """The cursor of the page that begins after this image: opaque, and safe in a URL."""
    when, image_id = _place(image)
    return base64.urlsafe_b64encode(json.dumps([when.isoformat(), image_id]).encode()).decode()


def read_cursor(cursor: str) -> _Place:
    """The place that a cursor names."""
    try:
        when, image_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        place = datetime.fromisoformat(when)
        if place.tzinfo is None:
            raise ValueError("a time without a zone")
        return place, str(UUID(image_id))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise PageError("the cursor isn't one of ours: start at the first page") from error
