CYPHER 25
// create: keeps an API key by the hash of its secret, as the newest change of the keys. Who changes keys holds their
// lock until the commit, so versions become visible in their order.
// params: id, name, hash, scopes, stores, at, by, expires_at    returns: id    index: keys_id, key_id, key_version
MERGE (all:IamKeys {id: 'keys'})
SET all:IamKeys
WITH all
SET all.version = coalesce(all.version, 0) + 1
CREATE (k:IamKey {id: $id, name: $name, hash: $hash, scopes: $scopes, stores: $stores, at: $at, by: $by,
                  expires_at: $expires_at, version: all.version})
RETURN k.id AS id
