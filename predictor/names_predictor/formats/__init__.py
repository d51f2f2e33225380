"""File formats: a module per format, a registry above them, their base types below."""
