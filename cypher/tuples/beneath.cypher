CYPHER 25
// beneath: the tuples of every object that has one of the parents by a relation, those of that relation among them.
// A map holds the parents: Neo4j plans anew for a list of another order of size.
// params: asked (parents), type, limit    returns: a tuple's columns    index: object_key
UNWIND $asked.parents AS parent
MATCH (p:Object {key: parent})-[:$($type)]->(o:Object)
USING INDEX SEEK p:Object(key)
MATCH (s:Object)-[r]->(o)
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
LIMIT $limit
