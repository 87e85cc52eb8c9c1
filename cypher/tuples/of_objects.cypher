CYPHER 25
// of_objects: the tuples of many objects and one relation, in no order.
// A map holds the objects: Neo4j plans anew for a list of another order of size.
// params: asked (objects), type, limit    returns: a tuple's columns    index: object_key
UNWIND $asked.objects AS object
MATCH (o:Object {key: object})<-[r:$($type)]-(s:Object)
USING INDEX SEEK o:Object(key)
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
LIMIT $limit
