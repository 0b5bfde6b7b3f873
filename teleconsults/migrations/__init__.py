"""The room's schema history."""
