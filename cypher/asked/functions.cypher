CYPHER 25
// functions: the functions that plugins have added to Neo4j, which might do anything.
// params: none    returns: name    index: none, Neo4j lists them
SHOW USER DEFINED FUNCTIONS YIELD name
RETURN name
