// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  EXISTS { MATCH ANY SHORTEST (s)-[r7:FAR WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n1:Folder) ((n6:Folder)-[r5:FOLDER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n4:Space)-[r3:SPACE WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2:Folder))* (o) } AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  head(COLLECT { MATCH p8 = ANY SHORTEST (s)-[r7:FAR WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n1:Folder) ((n6:Folder)-[r5:FOLDER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n4:Space)-[r3:SPACE WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2:Folder))* (o) RETURN relationships(p8) LIMIT 1 }) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
