CYPHER 25
// get_session: one session.
// params: store, id    returns: id, member, hash, at, seen_at, ended_at, ended_by    index: session_id
MATCH (s:IamSession {store: $store, id: $id})
RETURN s.id AS id, s.member AS member, s.hash AS hash, s.at AS at, s.seen_at AS seen_at, s.ended_at AS ended_at,
       s.ended_by AS ended_by
