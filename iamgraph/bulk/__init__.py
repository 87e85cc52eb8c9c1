"""Tuples in bulk: files that become chunks of a store, and a store that becomes a file."""
