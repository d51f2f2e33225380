"""From names to labels: words, their evidence, probabilities, explanations."""
