CYPHER 25
// change_sizes: the changes after a revision, oldest first, each with when it was and how many tuples it names.
// params: store, since, limit    returns: revision, at, tuples    index: change_key
MATCH (c:IamChange {store: $store})
WHERE c.revision > $since
RETURN c.revision AS revision, c.at AS at, size(c.writes) + size(c.deletes) AS tuples
ORDER BY revision
LIMIT $limit
