CYPHER 25
// size: how many changes after a revision are kept, and how many tuples they name.
// params: store, since    returns: changes, tuples    index: change_key
MATCH (c:IamChange {store: $store})
WHERE c.revision > $since
RETURN count(c) AS changes, coalesce(sum(size(c.writes) + size(c.deletes)), 0) AS tuples
