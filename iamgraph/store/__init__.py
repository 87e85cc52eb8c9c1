"""Where tuples are kept: the contract, and Neo4j."""
