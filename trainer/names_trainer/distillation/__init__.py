"""Teachers, and the soft labels that the student learns."""
