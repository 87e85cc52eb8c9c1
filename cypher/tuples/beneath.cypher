CYPHER 25
// beneath: the tuples of every object that has a parent by one relation, those of that relation among them.
// params: parent, type, limit    returns: a tuple's columns    index: object_key
MATCH (p:Object {key: $parent})-[:$($type)]->(o:Object)
USING INDEX SEEK p:Object(key)
MATCH (s:Object)-[r]->(o)
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
LIMIT $limit
