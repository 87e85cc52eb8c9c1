CYPHER 25
// retired: stores that were ended and hold something still.
// params: none    returns: store    index: none, there are few
MATCH (d:IamDeletedStore)
RETURN d.id AS store
