CYPHER 25
// present: for each row, whether its tuple is in the store, in the rows' order.
// params: rows (subject, type, via, object)    returns: i, present    index: object_key
UNWIND range(0, size($rows) - 1) AS i
WITH i, $rows[i] AS row
RETURN i, EXISTS {
  MATCH (s:Object {key: row.subject})-[r:$(row.type)]->(o:Object {key: row.object})
  USING INDEX SEEK s:Object(key) USING INDEX SEEK o:Object(key)
  WHERE coalesce(r.via, '') = coalesce(row.via, '')
} AS present
ORDER BY i
