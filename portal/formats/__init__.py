"""How dates are written here, where Django's own formats differ from Vietnamese papers."""
