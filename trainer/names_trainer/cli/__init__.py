"""The command `names`."""
