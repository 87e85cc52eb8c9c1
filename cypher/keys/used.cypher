CYPHER 25
// used: when API keys were last used; an older time than is known changes nothing. No change of the keys: nobody has
// to read them anew for it.
// params: uses (rows: id, at)    returns: told    index: key_id
UNWIND $uses AS use
MATCH (k:IamKey {id: use.id})
WHERE k.last_used_at IS NULL OR k.last_used_at < use.at
SET k.last_used_at = use.at
RETURN count(*) AS told
