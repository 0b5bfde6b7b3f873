"""A believable small network, for a first run and for the tests in a browser."""
