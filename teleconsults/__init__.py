"""Recorded sessions: consent, people, publication."""
