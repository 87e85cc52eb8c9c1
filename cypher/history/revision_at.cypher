CYPHER 25
// revision_at: the newest revision made by a time, 0 where none of those kept was.
// params: store, time    returns: revision    index: change_key
MATCH (c:IamChange {store: $store})
WHERE c.revision > 0 AND c.at <= $time
RETURN coalesce(max(c.revision), 0) AS revision
