"""The demo page, which predicts in the browser."""
