"""Draws and speaks the media of the demo network; run by hand, see portal/demo/README.md."""
