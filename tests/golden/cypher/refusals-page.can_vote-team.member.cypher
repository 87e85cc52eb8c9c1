// check
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model,
  false AS allowed

// explain
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
WITH st,
  null AS proof
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model, proof IS NOT NULL AS allowed,
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}] AS path
