"""The access model iamgraph ships: workspaces and all in them, as verbs that become tuples and ask checks."""
