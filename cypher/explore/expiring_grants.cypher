CYPHER 25
// expiring_grants: Which tuples end within these days, or have ended and are still there?
// teaches: An expired tuple stays until somebody deletes it, and counts for nothing: every question about access has
// to leave it out. This one reads each tuple of the store once.
// :param store => 'demo'
// :param days => 30
// returns: tuple, expires_at, ended, by, reason    index: object_key
MATCH (object:Object) WHERE object.key STARTS WITH $store + '/'
MATCH (subject)-[grant]->(object) WHERE grant.expires_at < datetime() + duration({days: $days})
RETURN object.type + ':' + object.id + '#' + toLower(type(grant)) + '@' + subject.type + ':' + subject.id
         + CASE WHEN grant.via IS NULL OR grant.via = '*' THEN '' ELSE '#' + grant.via END AS tuple,
       grant.expires_at AS expires_at, grant.expires_at <= datetime() AS ended, grant.by AS by, grant.reason AS reason
ORDER BY expires_at, tuple
