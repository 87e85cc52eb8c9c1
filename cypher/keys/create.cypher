CYPHER 25
// create: keeps an API key by the hash of its secret.
// params: id, name, hash, at    returns: id    index: key_id, key_hash
CREATE (k:IamKey {id: $id, name: $name, hash: $hash, at: $at})
RETURN k.id AS id
