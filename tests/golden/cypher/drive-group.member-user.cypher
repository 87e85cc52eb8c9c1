// check
CYPHER 25
UNWIND $questions AS q
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
RETURN q.i AS i,
  EXISTS { MATCH ANY SHORTEST (s)-[r5:MEMBER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > q.now)]->(n1:Group) ((n4:Group)-[r3:MEMBER WHERE r3.via = 'member' AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > q.now)]->(n2:Group))* (o) } AS allowed

// explain
CYPHER 25
UNWIND $questions AS q
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  head(COLLECT { MATCH p6 = ANY SHORTEST (s)-[r5:MEMBER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > q.now)]->(n1:Group) ((n4:Group)-[r3:MEMBER WHERE r3.via = 'member' AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > q.now)]->(n2:Group))* (o) RETURN relationships(p6) LIMIT 1 }) AS proof
RETURN q.i AS i, proof IS NOT NULL AS allowed,
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}] AS path
