CYPHER 25
// revoke: ends an API key, as the newest change of the keys; one that was ended stays as it is, but for its version.
// params: id, at    returns: id    index: key_id, keys_id, key_version
MATCH (k:IamKey {id: $id})
MERGE (all:IamKeys {id: 'keys'})
SET all:IamKeys
WITH k, all
SET all.version = coalesce(all.version, 0) + 1
SET k.revoked_at = coalesce(k.revoked_at, $at), k.version = all.version
RETURN k.id AS id
