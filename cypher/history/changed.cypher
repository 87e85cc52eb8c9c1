CYPHER 25
// changed: the changes after a revision with what was there before each, oldest first; `before` is null where an older
// iamgraph made the change.
// params: store, since    returns: revision, at, by, reason, writes, deletes, model, before    index: change_key
MATCH (c:IamChange {store: $store})
WHERE c.revision > $since
RETURN c.revision AS revision, c.at AS at, c.by AS by, c.reason AS reason, c.writes AS writes, c.deletes AS deletes,
       c.model AS model, c.before AS before
ORDER BY revision
