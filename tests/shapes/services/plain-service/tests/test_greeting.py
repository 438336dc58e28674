from plain.greeting import compiled, greeting


def test_greeting() -> None:
    assert greeting("<a>") == "checked &lt;a&gt;"
    assert compiled()
