// check
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
WITH *, COLLECT { MATCH (s)-[r5:MEMBER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > $now)]->(n4:Group) MATCH (n4) ((n8:Group)-[r7:MEMBER WHERE r7.via = 'member' AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > $now)]->(n6:Group))* (g:Group) RETURN DISTINCT g } AS reach0
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model,
  (EXISTS { MATCH (s)-[r1:OWNER WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > $now)]->(o) } OR EXISTS { UNWIND reach0 AS n3 MATCH (n3)-[r2:OWNER WHERE r2.via = 'member' AND r2.condition IS NULL AND (r2.expires_at IS NULL OR r2.expires_at > $now)]->(o) } OR EXISTS { MATCH (s)-[r11:HOLDER WHERE r11.via IS NULL AND r11.condition IS NULL AND (r11.expires_at IS NULL OR r11.expires_at > $now)]->(n10:Policy)-[r9:SOURCE_ADMIN WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > $now)]->(o) } OR EXISTS { UNWIND reach0 AS n15 MATCH (n15)-[r14:HOLDER WHERE r14.via = 'member' AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > $now)]->(n13:Policy)-[r12:SOURCE_ADMIN WHERE r12.via IS NULL AND r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > $now)]->(o) } OR EXISTS { MATCH (s)-[r18:HOLDER WHERE r18.via IS NULL AND r18.condition IS NULL AND (r18.expires_at IS NULL OR r18.expires_at > $now)]->(n17:Policy)-[r16:SOURCE_READER WHERE r16.via IS NULL AND r16.condition IS NULL AND (r16.expires_at IS NULL OR r16.expires_at > $now)]->(o) } OR EXISTS { UNWIND reach0 AS n22 MATCH (n22)-[r21:HOLDER WHERE r21.via = 'member' AND r21.condition IS NULL AND (r21.expires_at IS NULL OR r21.expires_at > $now)]->(n20:Policy)-[r19:SOURCE_READER WHERE r19.via IS NULL AND r19.condition IS NULL AND (r19.expires_at IS NULL OR r19.expires_at > $now)]->(o) }) AS allowed

// explain
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
WITH st,
  coalesce(head(COLLECT { MATCH p2 = (s)-[r1:OWNER WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > $now)]->(o) RETURN relationships(p2) LIMIT 1 }), head(COLLECT { MATCH p10 = ANY SHORTEST (s)-[r9:MEMBER WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > $now)]->(n5:Group) ((n8:Group)-[r7:MEMBER WHERE r7.via = 'member' AND r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > $now)]->(n6:Group))* (n4:Group)-[r3:OWNER WHERE r3.via = 'member' AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > $now)]->(o) RETURN relationships(p10) LIMIT 1 }), head(COLLECT { MATCH p14 = (s)-[r13:HOLDER WHERE r13.via IS NULL AND r13.condition IS NULL AND (r13.expires_at IS NULL OR r13.expires_at > $now)]->(n12:Policy)-[r11:SOURCE_ADMIN WHERE r11.via IS NULL AND r11.condition IS NULL AND (r11.expires_at IS NULL OR r11.expires_at > $now)]->(o) RETURN relationships(p14) LIMIT 1 }), head(COLLECT { MATCH p24 = ANY SHORTEST (s)-[r23:MEMBER WHERE r23.via IS NULL AND r23.condition IS NULL AND (r23.expires_at IS NULL OR r23.expires_at > $now)]->(n19:Group) ((n22:Group)-[r21:MEMBER WHERE r21.via = 'member' AND r21.condition IS NULL AND (r21.expires_at IS NULL OR r21.expires_at > $now)]->(n20:Group))* (n18:Group)-[r17:HOLDER WHERE r17.via = 'member' AND r17.condition IS NULL AND (r17.expires_at IS NULL OR r17.expires_at > $now)]->(n16:Policy)-[r15:SOURCE_ADMIN WHERE r15.via IS NULL AND r15.condition IS NULL AND (r15.expires_at IS NULL OR r15.expires_at > $now)]->(o) RETURN relationships(p24) LIMIT 1 }), head(COLLECT { MATCH p28 = (s)-[r27:HOLDER WHERE r27.via IS NULL AND r27.condition IS NULL AND (r27.expires_at IS NULL OR r27.expires_at > $now)]->(n26:Policy)-[r25:SOURCE_READER WHERE r25.via IS NULL AND r25.condition IS NULL AND (r25.expires_at IS NULL OR r25.expires_at > $now)]->(o) RETURN relationships(p28) LIMIT 1 }), head(COLLECT { MATCH p38 = ANY SHORTEST (s)-[r37:MEMBER WHERE r37.via IS NULL AND r37.condition IS NULL AND (r37.expires_at IS NULL OR r37.expires_at > $now)]->(n33:Group) ((n36:Group)-[r35:MEMBER WHERE r35.via = 'member' AND r35.condition IS NULL AND (r35.expires_at IS NULL OR r35.expires_at > $now)]->(n34:Group))* (n32:Group)-[r31:HOLDER WHERE r31.via = 'member' AND r31.condition IS NULL AND (r31.expires_at IS NULL OR r31.expires_at > $now)]->(n30:Policy)-[r29:SOURCE_READER WHERE r29.via IS NULL AND r29.condition IS NULL AND (r29.expires_at IS NULL OR r29.expires_at > $now)]->(o) RETURN relationships(p38) LIMIT 1 })) AS proof
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model, proof IS NOT NULL AS allowed,
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}] AS path
