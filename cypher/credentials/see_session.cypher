CYPHER 25
// see_session: a session that has not ended was used; an older use than the last is none.
// params: store, id, at    returns: id    index: session_id
MATCH (s:IamSession {store: $store, id: $id})
WHERE s.ended_at IS NULL AND s.seen_at < $at
SET s.seen_at = $at
RETURN s.id AS id
