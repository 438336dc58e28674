import onnxruntime

FASTEST_FIRST = ("CUDAExecutionProvider", "CPUExecutionProvider")


def providers() -> list[str]:
    """What a model runs on, the fastest first."""
    has = onnxruntime.get_available_providers()
    return [name for name in FASTEST_FIRST if name in has]
