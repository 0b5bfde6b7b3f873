"""Scripts that measure what the project promises; see README.md."""
