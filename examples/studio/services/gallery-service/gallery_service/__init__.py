"""Published images, listed page by page."""
