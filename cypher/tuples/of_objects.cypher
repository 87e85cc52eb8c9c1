CYPHER 25
// of_objects: the tuples of many objects, of one relation if given, in no order and without their history.
// A map holds the objects: Neo4j plans anew for a list of another order of size.
// params: asked (objects), type (null for any), limit
// returns: object_type, object_id, type, subject_type, subject_id, via, expires_at, condition, context    index: object_key
UNWIND $asked.objects AS object
MATCH (o:Object {key: object})<-[r]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE $type IS NULL OR type(r) = $type
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.expires_at AS expires_at, r.condition AS condition, r.context AS context
LIMIT $limit
