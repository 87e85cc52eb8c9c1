// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH *, COLLECT { MATCH (l:Label)-[h:LABEL WHERE h.via IS NULL AND h.condition IS NULL AND h.expires_at IS NULL]->(o) RETURN elementId(l) } AS have0
WITH *, COLLECT { MATCH (s)-[r19:MEMBER WHERE r19.via IS NULL AND r19.condition IS NULL AND (r19.expires_at IS NULL OR r19.expires_at > now)]->(n18:Group) MATCH (n18) ((n22:Group)-[r21:MEMBER WHERE r21.via = 'member' AND r21.condition IS NULL AND (r21.expires_at IS NULL OR r21.expires_at > now)]->(n20:Group))* (g:Group) RETURN DISTINCT g } AS reach0
WITH q,
  (EXISTS { MATCH (s)-[r8:HOLDER WHERE r8.via IS NULL AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n4:Policy WHERE (EXISTS { MATCH ()-[:REQUIRED_LABEL]->(n4) } AND NOT EXISTS { MATCH (l6)-[q5:REQUIRED_LABEL]->(n4) WHERE NOT (l6:Label AND q5.via IS NULL AND q5.condition IS NULL AND q5.expires_at IS NULL AND elementId(l6) IN have0) }))-[r3:SOURCE_ADMIN_BY_LABEL WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2:Workspace)-[r1:WORKSPACE WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { UNWIND reach0 AS n17 MATCH (n17)-[r16:HOLDER WHERE r16.via = 'member' AND r16.condition IS NULL AND (r16.expires_at IS NULL OR r16.expires_at > now)]->(n12:Policy WHERE (EXISTS { MATCH ()-[:REQUIRED_LABEL]->(n12) } AND NOT EXISTS { MATCH (l14)-[q13:REQUIRED_LABEL]->(n12) WHERE NOT (l14:Label AND q13.via IS NULL AND q13.condition IS NULL AND q13.expires_at IS NULL AND elementId(l14) IN have0) }))-[r11:SOURCE_ADMIN_BY_LABEL WHERE r11.via IS NULL AND r11.condition IS NULL AND (r11.expires_at IS NULL OR r11.expires_at > now)]->(n10:Workspace)-[r9:WORKSPACE WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(o) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH *, COLLECT { MATCH (l:Label)-[h:LABEL WHERE h.via IS NULL AND h.condition IS NULL AND h.expires_at IS NULL]->(o) RETURN elementId(l) } AS have0
WITH q,
  coalesce(head(COLLECT { MATCH p9 = (s)-[r8:HOLDER WHERE r8.via IS NULL AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n4:Policy WHERE (EXISTS { MATCH ()-[:REQUIRED_LABEL]->(n4) } AND NOT EXISTS { MATCH (l6)-[q5:REQUIRED_LABEL]->(n4) WHERE NOT (l6:Label AND q5.via IS NULL AND q5.condition IS NULL AND q5.expires_at IS NULL AND elementId(l6) IN have0) }))-[r3:SOURCE_ADMIN_BY_LABEL WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2:Workspace)-[r1:WORKSPACE WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) RETURN relationships(p9) + COLLECT { MATCH ()-[q10:REQUIRED_LABEL]->(n4) RETURN q10 } + COLLECT { MATCH (l11)-[:REQUIRED_LABEL]->(n4) MATCH (l11)-[h12:LABEL WHERE h12.via IS NULL AND h12.condition IS NULL AND h12.expires_at IS NULL]->(o) RETURN h12 } LIMIT 1 }), head(COLLECT { MATCH p27 = ANY SHORTEST (s)-[r26:MEMBER WHERE r26.via IS NULL AND r26.condition IS NULL AND (r26.expires_at IS NULL OR r26.expires_at > now)]->(n22:Group) ((n25:Group)-[r24:MEMBER WHERE r24.via = 'member' AND r24.condition IS NULL AND (r24.expires_at IS NULL OR r24.expires_at > now)]->(n23:Group))* (n21:Group)-[r20:HOLDER WHERE r20.via = 'member' AND r20.condition IS NULL AND (r20.expires_at IS NULL OR r20.expires_at > now)]->(n16:Policy WHERE (EXISTS { MATCH ()-[:REQUIRED_LABEL]->(n16) } AND NOT EXISTS { MATCH (l18)-[q17:REQUIRED_LABEL]->(n16) WHERE NOT (l18:Label AND q17.via IS NULL AND q17.condition IS NULL AND q17.expires_at IS NULL AND elementId(l18) IN have0) }))-[r15:SOURCE_ADMIN_BY_LABEL WHERE r15.via IS NULL AND r15.condition IS NULL AND (r15.expires_at IS NULL OR r15.expires_at > now)]->(n14:Workspace)-[r13:WORKSPACE WHERE r13.via IS NULL AND r13.condition IS NULL AND (r13.expires_at IS NULL OR r13.expires_at > now)]->(o) RETURN relationships(p27) + COLLECT { MATCH ()-[q28:REQUIRED_LABEL]->(n16) RETURN q28 } + COLLECT { MATCH (l29)-[:REQUIRED_LABEL]->(n16) MATCH (l29)-[h30:LABEL WHERE h30.via IS NULL AND h30.condition IS NULL AND h30.expires_at IS NULL]->(o) RETURN h30 } LIMIT 1 })) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
