CYPHER 25
// list: what was done and refused within an object, newest first, after a place.
// params: store, within, since, until, by, action, object (null for any), after_at, after_id (null for the first), limit
// returns: id, at, by, reason, action, object, revision, code, message    index: change_within, refusal_within
CALL () {
  MATCH (c:IamChange {store: $store, within: $within})
  WHERE c.at >= $since AND c.at <= $until
  RETURN c AS n, 'c' + c.revision AS id
  UNION ALL
  MATCH (r:IamRefusal {store: $store, within: $within})
  WHERE r.at >= $since AND r.at <= $until
  RETURN r AS n, 'r' + r.id AS id
}
WITH n, id
WHERE ($by IS NULL OR n.by = $by) AND ($action IS NULL OR n.action = $action) AND ($object IS NULL OR n.object = $object)
  AND ($after_at IS NULL OR n.at < $after_at OR (n.at = $after_at AND id < $after_id))
RETURN id, n.at AS at, n.by AS by, n.reason AS reason, n.action AS action, n.object AS object, n.revision AS revision,
       n.code AS code, n.message AS message
ORDER BY at DESC, id DESC
LIMIT $limit
