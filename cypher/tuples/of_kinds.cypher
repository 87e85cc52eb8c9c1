CYPHER 25
// of_kinds: the tuples of many objects, each of one relation and of one kind of subject, or of any, in no order.
// A map holds what is read: Neo4j plans anew for a list of another order of size.
// A read is an object, a type, a subject_type (null for any) and its via.
// Each is a list of a tuple's columns, its time in microseconds since 1970: rows and times cost their reader most.
// params: asked (reads), limit
// returns: tuples    index: object_key
UNWIND $asked.reads AS read
MATCH (o:Object {key: read.object})<-[r:$(read.type)]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE read.subject_type IS NULL OR (s.type = read.subject_type AND coalesce(r.via, '') = coalesce(read.via, ''))
WITH o, r, s
LIMIT $limit
RETURN collect([o.type, o.id, type(r), s.type, s.id, r.via, r.since,
                r.at.epochSeconds * 1000000 + r.at.microsecond, r.by, r.reason, r.expires_at,
                r.condition, r.context]) AS tuples
