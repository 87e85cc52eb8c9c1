"""A small company to try iamgraph on: its model, its tuples, and calls to paste."""
