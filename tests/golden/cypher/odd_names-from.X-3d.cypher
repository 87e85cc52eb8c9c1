// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  EXISTS { MATCH (s)-[r1:X_612d622e632f64 WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  head(COLLECT { MATCH p2 = (s)-[r1:X_612d622e632f64 WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) RETURN relationships(p2) LIMIT 1 }) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
