CYPHER 25
// revoke: ends an API key.
// params: id    returns: id    index: key_id
MATCH (k:IamKey {id: $id})
DELETE k
RETURN $id AS id
