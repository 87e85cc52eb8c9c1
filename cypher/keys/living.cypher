CYPHER 25
// living: whether there is any API key that is neither revoked nor expired. It ends at the first.
// params: now    returns: living    index: none, nearly any key will do
RETURN EXISTS {
  MATCH (k:IamKey)
  WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $now)
} AS living
