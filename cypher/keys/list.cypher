CYPHER 25
// list: the API keys changed after a version, by name and id; all of them after version 0.
// params: since    returns: id, name, hash, scopes, stores, at, by, expires_at, revoked_at, last_used_at
// index: key_version
MATCH (k:IamKey)
WHERE k.version > $since
RETURN k.id AS id, k.name AS name, k.hash AS hash, k.scopes AS scopes, k.stores AS stores, k.at AS at, k.by AS by,
       k.expires_at AS expires_at, k.revoked_at AS revoked_at, k.last_used_at AS last_used_at
ORDER BY name, id
