"""The exported model: its folder, read, checked and written; the check of its graph."""
