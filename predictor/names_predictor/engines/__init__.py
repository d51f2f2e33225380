"""Labelling in data engines: pandas, Spark, Dask and Ray."""
