"""The views: what the commands print."""
