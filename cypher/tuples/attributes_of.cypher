CYPHER 25
// attributes_of: what is kept on the nodes of objects; those without a node are left out.
// params: keys    returns: key, values    index: object_key
UNWIND $keys AS key
MATCH (o:Object {key: key})
RETURN o.key AS key, properties(o) AS values
