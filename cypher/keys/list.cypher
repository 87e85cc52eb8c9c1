CYPHER 25
// list: all API keys, by name and id.
// params: none    returns: id, name, hash, at    index: none, there are few
MATCH (k:IamKey)
RETURN k.id AS id, k.name AS name, k.hash AS hash, k.at AS at
ORDER BY name, id
