"""Upload, encoding, playback and the proof of watching."""
