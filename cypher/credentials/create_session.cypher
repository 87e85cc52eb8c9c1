CYPHER 25
// create_session: keeps a session by the hash of its secret, once, and forgets those of the member that began before.
// params: store, id, member, hash, at, forget    returns: id    index: session_id, session_member
MERGE (s:IamSession {store: $store, id: $id})
ON CREATE SET s.member = $member, s.hash = $hash, s.at = $at, s.seen_at = $at
WITH s
CALL () {
  MATCH (old:IamSession {store: $store, member: $member})
  WHERE old.at < $forget
  DELETE old
}
RETURN s.id AS id
