"""The command `names-predict`."""
