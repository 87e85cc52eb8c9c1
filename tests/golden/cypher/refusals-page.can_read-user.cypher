// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
OPTIONAL MATCH (w:Object {key: q.wildcard})
WITH q,
  ((EXISTS { MATCH (s)-[r1:READER WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r2:READER WHERE r2.via = '*' AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > now)]->(o) }) AND NOT (EXISTS { MATCH (s)-[r3:BLOCKED WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r4:BLOCKED WHERE r4.via = '*' AND r4.condition IS NULL AND (r4.expires_at IS NULL OR r4.expires_at > now)]->(o) } OR EXISTS { MATCH (n8:Team)-[r7:BLOCKED WHERE r7.via = 'member' AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(o) WHERE (EXISTS { MATCH (s)-[r9:MEMBER WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(n8) } AND NOT EXISTS { MATCH (s)-[r10:LEFT WHERE r10.via IS NULL AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n8) }) })) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
OPTIONAL MATCH (w:Object {key: q.wildcard})
WITH q,
  CASE WHEN NOT (EXISTS { MATCH (s)-[r1:BLOCKED WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r2:BLOCKED WHERE r2.via = '*' AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > now)]->(o) } OR EXISTS { MATCH (n6:Team)-[r5:BLOCKED WHERE r5.via = 'member' AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(o) WHERE (EXISTS { MATCH (s)-[r7:MEMBER WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n6) } AND NOT EXISTS { MATCH (s)-[r8:LEFT WHERE r8.via IS NULL AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n6) }) }) THEN coalesce(head(COLLECT { MATCH p10 = (s)-[r9:READER WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(o) RETURN relationships(p10) LIMIT 1 }), head(COLLECT { MATCH p12 = (w)-[r11:READER WHERE r11.via = '*' AND r11.condition IS NULL AND (r11.expires_at IS NULL OR r11.expires_at > now)]->(o) RETURN relationships(p12) LIMIT 1 })) END AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
