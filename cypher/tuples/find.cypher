CYPHER 25
// find: one tuple.
// params: subject, type, via, object    returns: a tuple's columns    index: object_key
MATCH (s:Object {key: $subject})-[r:$($type)]->(o:Object {key: $object})
USING INDEX SEEK s:Object(key) USING INDEX SEEK o:Object(key)
WHERE coalesce(r.via, '') = coalesce($via, '')
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
