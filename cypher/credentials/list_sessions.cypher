CYPHER 25
// list_sessions: the sessions of a member, newest first.
// params: store, member    returns: id, member, hash, at, seen_at, ended_at, ended_by    index: session_member
MATCH (s:IamSession {store: $store, member: $member})
RETURN s.id AS id, s.member AS member, s.hash AS hash, s.at AS at, s.seen_at AS seen_at, s.ended_at AS ended_at,
       s.ended_by AS ended_by
ORDER BY at DESC, id
