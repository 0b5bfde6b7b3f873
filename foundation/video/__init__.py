"""Files and their renditions: upload, probe, encode, signed playback, watch proof."""
