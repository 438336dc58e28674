import os

import pytest

from ai_worker import health
from ai_worker.settings import Settings


@pytest.mark.parametrize(
    ("age", "wrong"), [(0, None), (120, None), (121, "the last heartbeat was 121 s ago")]
)
def test_the_heart_must_have_beaten_lately(settings: Settings, age: int, wrong: str | None) -> None:
    settings.heartbeat.touch()
    os.utime(settings.heartbeat, (1000, 1000))
    assert health.problem(settings, 1000 + age) == wrong


def test_the_command_answers_with_its_exit_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_WORKER_HEARTBEAT", str(settings.heartbeat))
    assert health.main() == 1
    assert "no heartbeat" in capsys.readouterr().err
    settings.heartbeat.touch()
    assert health.main() == 0
