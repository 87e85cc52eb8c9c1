CYPHER 25
// list: what was done and refused within an object, or concerned it, newest first, after a place.
// Of a line that is forgotten meanwhile a property may be gone, so what may be missing is read first.
// params: store, within, since, until, by, action, object (null for any), after_at, after_id (null for the first), limit
// returns: id, at, by, reason, action, object, revision, code, message    index: change_within, refusal_within, touch_within, change_key
CALL () {
  MATCH (n:IamChange {store: $store, within: $within})
  WHERE n.at >= $since AND n.at < $until
    AND ($by IS NULL OR n.by = $by) AND ($action IS NULL OR n.action = $action) AND ($object IS NULL OR n.object = $object)
  WITH n, 'c' + right('000000000000000000' + n.revision, 19) AS id
  WHERE $after_at IS NULL OR n.at < $after_at OR (n.at = $after_at AND id < $after_id)
  RETURN n, id ORDER BY n.at DESC, id DESC LIMIT $limit
  UNION ALL
  MATCH (t:IamTouch {store: $store, within: $within})
  WHERE t.at >= $since AND t.at < $until AND ($after_at IS NULL OR t.at <= $after_at)
  MATCH (n:IamChange {store: $store, revision: t.revision})
  WHERE ($by IS NULL OR n.by = $by) AND ($action IS NULL OR n.action = $action) AND ($object IS NULL OR n.object = $object)
  WITH n, 'c' + right('000000000000000000' + n.revision, 19) AS id
  WHERE $after_at IS NULL OR n.at < $after_at OR (n.at = $after_at AND id < $after_id)
  RETURN n, id ORDER BY n.at DESC, id DESC LIMIT $limit
  UNION ALL
  MATCH (n:IamRefusal {store: $store, within: $within})
  WHERE n.at >= $since AND n.at < $until
    AND ($by IS NULL OR n.by = $by) AND ($action IS NULL OR n.action = $action) AND ($object IS NULL OR n.object = $object)
  WITH n, 'r' + n.id AS id
  WHERE $after_at IS NULL OR n.at < $after_at OR (n.at = $after_at AND id < $after_id)
  RETURN n, id ORDER BY n.at DESC, id DESC LIMIT $limit
}
WITH n, id, n.by AS by, n.reason AS reason, n.code AS code
WITH id, by, reason, code, n.at AS at, n.action AS action, n.object AS object, n.revision AS revision, n.message AS message
WHERE id IS NOT NULL AND at IS NOT NULL AND action IS NOT NULL AND object IS NOT NULL
  AND (revision IS NOT NULL OR message IS NOT NULL)
RETURN id, at, by, reason, action, object, revision, code, message
ORDER BY at DESC, id DESC
LIMIT $limit
