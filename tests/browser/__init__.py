"""The product in a real browser, against a whole portal in processes of its own."""
