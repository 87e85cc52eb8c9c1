CYPHER 25
// present: for each row, whether its tuple is in the store, and whether it holds still, in the rows' order.
// params: asked (rows: subject, type, via, object), now    returns: i, present, live    index: object_key
UNWIND range(0, size($asked.rows) - 1) AS i
WITH i, $asked.rows[i] AS row
WITH i, COLLECT {
  MATCH (s:Object {key: row.subject})-[r:$(row.type)]->(o:Object {key: row.object})
  USING INDEX SEEK s:Object(key) USING INDEX SEEK o:Object(key)
  WHERE coalesce(r.via, '') = coalesce(row.via, '')
  RETURN r.expires_at IS NULL OR r.expires_at > $now
} AS found
RETURN i, size(found) > 0 AS present, true IN found AS live
ORDER BY i
