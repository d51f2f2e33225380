"""Models in data engines: batches of pandas, Spark and Ray."""
