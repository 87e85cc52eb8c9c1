CYPHER 25
// used: an object's secret was used, which changes no revision.
// params: key, at    returns: key    index: object_key
MATCH (o:Object {key: $key})
SET o.last_used_at = $at
RETURN o.key AS key
