"""The character LSTM and how its weights are quantised."""
