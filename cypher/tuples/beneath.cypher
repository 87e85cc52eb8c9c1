CYPHER 25
// beneath: the tuples of every object that has one of the parents by a relation, those of that relation among them.
// A map holds the parents: Neo4j plans anew for a list of another order of size.
// The history of the tuples is left out: it takes most of the time to read.
// params: asked (parents), type, limit
// returns: object_type, object_id, type, subject_type, subject_id, via, expires_at, condition, context    index: object_key
UNWIND $asked.parents AS parent
MATCH (p:Object {key: parent})-[:$($type)]->(o:Object)
USING INDEX SEEK p:Object(key)
MATCH (s:Object)-[r]->(o)
RETURN o.type AS object_type, o.id AS object_id, type(r) AS type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.expires_at AS expires_at, r.condition AS condition, r.context AS context
LIMIT $limit
