"""From files of names to encoded splits."""
