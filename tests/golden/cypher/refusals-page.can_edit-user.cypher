// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
OPTIONAL MATCH (w:Object {key: q.wildcard})
WITH q,
  ((EXISTS { MATCH (s)-[r1:AUTHOR WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { MATCH (s)-[r2:SIGNED WHERE r2.via IS NULL AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > now)]->(o) } OR EXISTS { MATCH (n6:Team)-[r5:SIGNED WHERE r5.via = 'member' AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(o) WHERE (EXISTS { MATCH (s)-[r7:MEMBER WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n6) } AND NOT EXISTS { MATCH (s)-[r8:LEFT WHERE r8.via IS NULL AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n6) }) }) AND NOT ((EXISTS { MATCH (s)-[r9:BLOCKED WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r10:BLOCKED WHERE r10.via = '*' AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(o) } OR EXISTS { MATCH (n14:Team)-[r13:BLOCKED WHERE r13.via = 'member' AND r13.condition IS NULL AND (r13.expires_at IS NULL OR r13.expires_at > now)]->(o) WHERE (EXISTS { MATCH (s)-[r15:MEMBER WHERE r15.via IS NULL AND r15.condition IS NULL AND (r15.expires_at IS NULL OR r15.expires_at > now)]->(n14) } AND NOT EXISTS { MATCH (s)-[r16:LEFT WHERE r16.via IS NULL AND r16.condition IS NULL AND (r16.expires_at IS NULL OR r16.expires_at > now)]->(n14) }) }) AND ((EXISTS { MATCH (s)-[r17:READER WHERE r17.via IS NULL AND r17.condition IS NULL AND (r17.expires_at IS NULL OR r17.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r18:READER WHERE r18.via = '*' AND r18.condition IS NULL AND (r18.expires_at IS NULL OR r18.expires_at > now)]->(o) }) AND NOT EXISTS { MATCH (s)-[r19:AUTHOR WHERE r19.via IS NULL AND r19.condition IS NULL AND (r19.expires_at IS NULL OR r19.expires_at > now)]->(o) }))) AS holds
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
  CASE WHEN NOT ((EXISTS { MATCH (s)-[r1:BLOCKED WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r2:BLOCKED WHERE r2.via = '*' AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > now)]->(o) } OR EXISTS { MATCH (n6:Team)-[r5:BLOCKED WHERE r5.via = 'member' AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(o) WHERE (EXISTS { MATCH (s)-[r7:MEMBER WHERE r7.via IS NULL AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(n6) } AND NOT EXISTS { MATCH (s)-[r8:LEFT WHERE r8.via IS NULL AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n6) }) }) AND ((EXISTS { MATCH (s)-[r9:READER WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(o) } OR EXISTS { MATCH (w)-[r10:READER WHERE r10.via = '*' AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(o) }) AND NOT EXISTS { MATCH (s)-[r11:AUTHOR WHERE r11.via IS NULL AND r11.condition IS NULL AND (r11.expires_at IS NULL OR r11.expires_at > now)]->(o) })) THEN coalesce(head(COLLECT { MATCH p13 = (s)-[r12:AUTHOR WHERE r12.via IS NULL AND r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > now)]->(o) RETURN relationships(p13) LIMIT 1 }), head(COLLECT { MATCH p15 = (s)-[r14:SIGNED WHERE r14.via IS NULL AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > now)]->(o) RETURN relationships(p15) LIMIT 1 }), head(COLLECT { MATCH p20 = (n19:Team)-[r18:SIGNED WHERE r18.via = 'member' AND r18.condition IS NULL AND (r18.expires_at IS NULL OR r18.expires_at > now)]->(o) WHERE true WITH p20, CASE WHEN NOT EXISTS { MATCH (s)-[r22:LEFT WHERE r22.via IS NULL AND r22.condition IS NULL AND (r22.expires_at IS NULL OR r22.expires_at > now)]->(n19) } THEN head(COLLECT { MATCH p24 = (s)-[r23:MEMBER WHERE r23.via IS NULL AND r23.condition IS NULL AND (r23.expires_at IS NULL OR r23.expires_at > now)]->(n19) RETURN relationships(p24) LIMIT 1 }) END AS e21 WHERE e21 IS NOT NULL RETURN e21 + relationships(p20) LIMIT 1 })) END AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
