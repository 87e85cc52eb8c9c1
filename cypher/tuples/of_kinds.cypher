CYPHER 25
// of_kinds: the tuples of many objects, each of one relation and of one kind of subject, or of any, in no order.
// A map holds what is read: Neo4j plans anew for a list of another order of size.
// A read is an object, a type, a subject_type (null for any) and its via.
// params: asked (reads), limit
// returns: a tuple's columns    index: object_key
UNWIND $asked.reads AS read
MATCH (o:Object {key: read.object})<-[r:$(read.type)]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE read.subject_type IS NULL OR (s.type = read.subject_type AND coalesce(r.via, '') = coalesce(read.via, ''))
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
LIMIT $limit
