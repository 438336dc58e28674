"""A service of the standard library and one compiled package."""
