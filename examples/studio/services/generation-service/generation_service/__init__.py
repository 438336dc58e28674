"""Generation jobs and the credits they cost."""
