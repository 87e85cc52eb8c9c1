CYPHER 25
// of_object: the tuples of one object and relation; with a subject type, those of one kind of subject.
// params: object, type, subject_type, via    returns: a tuple's columns, in the order of subjects    index: object_key
MATCH (o:Object {key: $object})<-[r:$($type)]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE $subject_type IS NULL OR (s.type = $subject_type AND coalesce(r.via, '') = coalesce($via, ''))
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
ORDER BY s.key, via
