CYPHER 25
// changes: what happened after one revision, up to another, oldest first.
// params: store, since, upto    returns: revision, at, by, reason, writes, deletes, model    index: change_key
MATCH (c:IamChange {store: $store})
WHERE c.revision > $since AND c.revision <= $upto
RETURN c.revision AS revision, c.at AS at, c.by AS by, c.reason AS reason, c.writes AS writes, c.deletes AS deletes,
       c.model AS model
ORDER BY revision
