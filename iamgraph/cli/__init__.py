"""The `iamgraph` command."""
