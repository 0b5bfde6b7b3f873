"""Factories that build the world of the tests."""
