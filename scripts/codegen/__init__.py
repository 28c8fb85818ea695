"""Writes the Python wrapper and the reference from the catalog of a deployed database."""
