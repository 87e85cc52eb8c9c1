// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  (EXISTS { MATCH (s)-[r1:CAN_ACCESS WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { MATCH (s)-[r6:MEMBER WHERE r6.via IS NULL AND r6.condition IS NULL AND (r6.expires_at IS NULL OR r6.expires_at > now)]->(n5:Organization)-[r4:SUBSCRIBER WHERE r4.via IS NULL AND r4.condition IS NULL AND (r4.expires_at IS NULL OR r4.expires_at > now)]->(n3:Plan)-[r2:ASSOCIATED_PLAN WHERE r2.via IS NULL AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > now)]->(o) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  coalesce(head(COLLECT { MATCH p2 = (s)-[r1:CAN_ACCESS WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) RETURN relationships(p2) LIMIT 1 }), head(COLLECT { MATCH p8 = (s)-[r7:MEMBER WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n6:Organization)-[r5:SUBSCRIBER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n4:Plan)-[r3:ASSOCIATED_PLAN WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(o) RETURN relationships(p8) LIMIT 1 })) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
