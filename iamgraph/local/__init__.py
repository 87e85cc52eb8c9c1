"""The private Neo4j: fetched, started, found again and stopped without Docker or Java."""
