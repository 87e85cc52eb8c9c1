CYPHER 25
// end_session: ends a session for good, and says by what; one that was ended stays as it is.
// params: store, id, at, by    returns: id    index: session_id
MATCH (s:IamSession {store: $store, id: $id})
SET s.ended_by = CASE WHEN s.ended_at IS NULL THEN $by ELSE s.ended_by END, s.ended_at = coalesce(s.ended_at, $at)
RETURN s.id AS id
