CYPHER 25
// migrated: remembers the newest migration.
// params: version    returns: version    index: none, there is one node
MERGE (schema:IamSchema {id: 'schema'})
SET schema.version = $version
RETURN schema.version AS version
