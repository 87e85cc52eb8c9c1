CYPHER 25
// get_session: one session.
// Of one that is forgotten meanwhile a property may be gone, so what may be missing is read first.
// params: store, id    returns: id, member, hash, at, seen_at, ended_at, ended_by    index: session_id
MATCH (s:IamSession {store: $store, id: $id})
WITH s, s.ended_at AS ended_at, s.ended_by AS ended_by
WITH ended_at, ended_by, s.id AS id, s.member AS member, s.hash AS hash, s.at AS at, s.seen_at AS seen_at
WHERE id IS NOT NULL AND member IS NOT NULL AND hash IS NOT NULL AND at IS NOT NULL AND seen_at IS NOT NULL
RETURN id, member, hash, at, seen_at, ended_at, ended_by
