"""iamgraph: who can access what, answered by Cypher path queries on Neo4j."""
