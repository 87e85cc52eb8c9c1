CYPHER 25
// remove_object: an object's node, once its tuples are deleted.
// params: object    returns: removed    index: object_key
MATCH (x:Object {key: $object})
DELETE x
RETURN count(*) AS removed
