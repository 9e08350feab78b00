"""Dumps that people order: a worker makes them, and they stay until they are deleted."""
