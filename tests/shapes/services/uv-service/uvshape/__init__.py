from markupsafe import escape


def shout(text: str) -> str:
    return str(escape(text)).upper()
