"""Rewrites made ready to run: plan, passes, and the Cypher they compile to."""
