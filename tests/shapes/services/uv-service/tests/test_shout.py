import importlib.metadata

from uvshape import shout


def test_shout() -> None:
    assert shout("<a>") == "&LT;A&GT;"


def test_the_group_is_installed() -> None:
    assert importlib.metadata.version("iniconfig") == "2.0.0"
