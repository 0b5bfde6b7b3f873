"""Recorded teleconsults: consent, publication, who may see them."""
