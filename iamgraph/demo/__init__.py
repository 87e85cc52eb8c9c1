"""Three workspaces to try iamgraph on, and calls to paste."""
