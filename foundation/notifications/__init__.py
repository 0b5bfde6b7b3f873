"""Telling one person something: inbox and e-mail."""
