CYPHER 25
// version: the newest change of the API keys, 0 before the first.
// params: none    returns: version    index: keys_id
OPTIONAL MATCH (all:IamKeys {id: 'keys'})
RETURN coalesce(all.version, 0) AS version
