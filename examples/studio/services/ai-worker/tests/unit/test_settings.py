import pytest

from ai_worker.settings import Device, Settings


def test_the_defaults_work_on_a_laptop() -> None:
    settings = Settings.read({})
    assert (settings.device, settings.metrics_port) == (Device.AUTO, 9090)


@pytest.mark.parametrize(
    ("name", "value"), [("DEVICE", "tpu"), ("METRICS_PORT", "many"), ("IDLE_SECONDS", "soon")]
)
def test_a_wrong_setting_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"a setting of ai-worker: .*{value}"):
        Settings.read({f"AI_WORKER_{name}": value})
