// check
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model,
  EXISTS { MATCH (s)-[r1:OPERATOR WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > $now)]->(o) } AS allowed

// explain
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
WITH st,
  head(COLLECT { MATCH p2 = (s)-[r1:OPERATOR WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > $now)]->(o) RETURN relationships(p2) LIMIT 1 }) AS proof
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model, proof IS NOT NULL AS allowed,
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}] AS path
