import os

from plain.greeting import compiled, greeting


def test_greeting() -> None:
    assert greeting("<a>") == "checked &lt;a&gt;"
    assert compiled()


def test_the_cache_is_a_volume() -> None:
    assert os.path.ismount("/root/.cache/models")
