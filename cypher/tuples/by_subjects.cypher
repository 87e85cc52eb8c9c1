CYPHER 25
// by_subjects: the tuples of many subjects, in no order; those of a subject that stands in too many are left out.
// A map holds the subjects, each with its via.
// params: asked (subjects), most, limit
// returns: a tuple's columns    index: object_key
UNWIND $asked.subjects AS named
MATCH (s:Object {key: named.subject})
USING INDEX SEEK s:Object(key)
WHERE COUNT { (s)-->() } <= $most
MATCH (s)-[r]->(o:Object)
WHERE coalesce(r.via, '') = coalesce(named.via, '')
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
LIMIT $limit
