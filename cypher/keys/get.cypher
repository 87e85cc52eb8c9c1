CYPHER 25
// get: one API key.
// params: id    returns: id, name, hash, scopes, stores, at, by, expires_at, revoked_at, last_used_at    index: key_id
MATCH (k:IamKey {id: $id})
RETURN k.id AS id, k.name AS name, k.hash AS hash, k.scopes AS scopes, k.stores AS stores, k.at AS at, k.by AS by,
       k.expires_at AS expires_at, k.revoked_at AS revoked_at, k.last_used_at AS last_used_at
