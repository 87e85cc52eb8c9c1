// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH *, COLLECT { MATCH (s)-[r14:OR WHERE r14.via IS NULL AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > now)]->(n13:From) MATCH (n13) ((n17:From)-[r16:OR WHERE r16.via = 'or' AND r16.condition IS NULL AND (r16.expires_at IS NULL OR r16.expires_at > now)]->(n15:From))* (g:From) RETURN DISTINCT g } AS reach0
WITH q,
  ((EXISTS { MATCH ANY SHORTEST (s)-[r5:OR WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n1:From) ((n4:From)-[r3:OR WHERE r3.via = 'or' AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2:From))* (o) } AND (EXISTS { MATCH ANY SHORTEST (s)-[r10:OR WHERE r10.via IS NULL AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n6:From) ((n9:From)-[r8:OR WHERE r8.via = 'or' AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n7:From))* (o) } OR EXISTS { UNWIND reach0 AS n12 MATCH (n12)-[r11:FROM WHERE r11.via IS NULL AND r11.condition IS NULL AND (r11.expires_at IS NULL OR r11.expires_at > now)]->(o) })) AND NOT EXISTS { MATCH (s)-[r18:X_785f726179 WHERE r18.via IS NULL AND r18.condition IS NULL AND (r18.expires_at IS NULL OR r18.expires_at > now)]->(o) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  CASE WHEN NOT EXISTS { MATCH (s)-[r1:X_785f726179 WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } THEN (head(COLLECT { MATCH p7 = ANY SHORTEST (s)-[r6:OR WHERE r6.via IS NULL AND r6.condition IS NULL AND (r6.expires_at IS NULL OR r6.expires_at > now)]->(n2:From) ((n5:From)-[r4:OR WHERE r4.via = 'or' AND r4.condition IS NULL AND (r4.expires_at IS NULL OR r4.expires_at > now)]->(n3:From))* (o) RETURN relationships(p7) LIMIT 1 }) + coalesce(head(COLLECT { MATCH p13 = ANY SHORTEST (s)-[r12:OR WHERE r12.via IS NULL AND r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > now)]->(n8:From) ((n11:From)-[r10:OR WHERE r10.via = 'or' AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n9:From))* (o) RETURN relationships(p13) LIMIT 1 }), head(COLLECT { MATCH p21 = ANY SHORTEST (s)-[r20:OR WHERE r20.via IS NULL AND r20.condition IS NULL AND (r20.expires_at IS NULL OR r20.expires_at > now)]->(n16:From) ((n19:From)-[r18:OR WHERE r18.via = 'or' AND r18.condition IS NULL AND (r18.expires_at IS NULL OR r18.expires_at > now)]->(n17:From))* (n15:From)-[r14:FROM WHERE r14.via IS NULL AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > now)]->(o) RETURN relationships(p21) LIMIT 1 }))) END AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
