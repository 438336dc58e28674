from importlib.metadata import distributions

from draw import providers


def test_it_draws_on_the_cpu() -> None:
    assert providers() == ["CPUExecutionProvider"]


def test_nothing_for_gpus_is_installed() -> None:
    names = {distribution.metadata["Name"] for distribution in distributions()}
    assert {"onnxruntime", "iniconfig"} < names
    assert not {name for name in names if "gpu" in name or "nvidia" in name}
