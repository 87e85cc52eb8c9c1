// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  (EXISTS { MATCH (s)-[r1:VIEWER WHERE r1.via = '*' AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { MATCH (n3:Folder)-[r2:PARENT WHERE r2.via IS NULL AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > now)]->(o) MATCH ANY SHORTEST (s)-[r8:VIEWER WHERE r8.via = '*' AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n4:Folder) ((n7:Folder)-[r6:PARENT WHERE r6.via IS NULL AND r6.condition IS NULL AND (r6.expires_at IS NULL OR r6.expires_at > now)]->(n5:Folder))* (n3) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  coalesce(head(COLLECT { MATCH p2 = (s)-[r1:VIEWER WHERE r1.via = '*' AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) RETURN relationships(p2) LIMIT 1 }), head(COLLECT { MATCH p10 = (n4:Folder)-[r3:PARENT WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(o) MATCH p11 = ANY SHORTEST (s)-[r9:VIEWER WHERE r9.via = '*' AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(n5:Folder) ((n8:Folder)-[r7:PARENT WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n6:Folder))* (n4) RETURN relationships(p11) + relationships(p10) LIMIT 1 })) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
