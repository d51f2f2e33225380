"""Files of names: one module a format, a registry above them, their base types below."""
