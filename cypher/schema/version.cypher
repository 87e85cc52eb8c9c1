CYPHER 25
// version: the number of the newest migration this database has had, 0 before the first.
// params: none    returns: version    index: none, there is one node
OPTIONAL MATCH (schema:IamSchema)
RETURN coalesce(max(schema.version), 0) AS version
