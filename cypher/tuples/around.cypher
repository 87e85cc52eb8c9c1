CYPHER 25
// around: the tuples an object stands in, on either side.
// params: object, limit    returns: a tuple's columns    index: object_key
MATCH (x:Object {key: $object})-[r]-(:Object)
USING INDEX SEEK x:Object(key)
WITH r, startNode(r) AS s, endNode(r) AS o
RETURN DISTINCT o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
LIMIT $limit
