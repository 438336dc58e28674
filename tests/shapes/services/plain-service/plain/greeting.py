import os

from markupsafe import escape
from markupsafe._speedups import _escape_inner  # the compiled half, or nothing


def greeting(name: str) -> str:
    return f"{os.environ['GREETING']} {escape(name)}"


def compiled() -> bool:
    return _escape_inner("<") == "&lt;"
