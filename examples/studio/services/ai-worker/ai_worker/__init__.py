"""Draws the images that generation-service queues: on CUDA where there is a device, else on
the CPU. `python -m ai_worker` works, `python -m ai_worker.health` asks whether it still does."""
