"""Teachers, and the soft labels that a student learns from them."""
