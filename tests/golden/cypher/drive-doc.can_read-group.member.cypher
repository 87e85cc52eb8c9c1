// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH *, COLLECT { MATCH (s:Group) MATCH (s) ((n5:Group)-[r4:MEMBER WHERE r4.via = 'member' AND r4.condition IS NULL AND (r4.expires_at IS NULL OR r4.expires_at > now)]->(n3:Group))* (g:Group) RETURN DISTINCT g } AS reach0
WITH q,
  (EXISTS { UNWIND reach0 AS n2 MATCH (n2)-[r1:VIEWER WHERE r1.via = 'member' AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } OR EXISTS { UNWIND reach0 AS n7 MATCH (n7)-[r6:COMMENTER WHERE r6.via = 'member' AND r6.condition IS NULL AND (r6.expires_at IS NULL OR r6.expires_at > now)]->(o) } OR EXISTS { MATCH (n9:Folder)-[r8:PARENT WHERE r8.via IS NULL AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(o) UNWIND reach0 AS n15 MATCH ANY SHORTEST (n15)-[r14:VIEWER WHERE r14.via = 'member' AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > now)]->(n10:Folder) ((n13:Folder)-[r12:PARENT WHERE r12.via IS NULL AND r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > now)]->(n11:Folder))* (n9) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  coalesce(head(COLLECT { MATCH p7 = ANY SHORTEST (s:Group) ((n6:Group)-[r5:MEMBER WHERE r5.via = 'member' AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n4:Group))* (n2:Group)-[r1:VIEWER WHERE r1.via = 'member' AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) RETURN relationships(p7) LIMIT 1 }), head(COLLECT { MATCH p14 = ANY SHORTEST (s:Group) ((n13:Group)-[r12:MEMBER WHERE r12.via = 'member' AND r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > now)]->(n11:Group))* (n9:Group)-[r8:COMMENTER WHERE r8.via = 'member' AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(o) RETURN relationships(p14) LIMIT 1 }), head(COLLECT { MATCH p27 = (n16:Folder)-[r15:PARENT WHERE r15.via IS NULL AND r15.condition IS NULL AND (r15.expires_at IS NULL OR r15.expires_at > now)]->(o) MATCH p28 = ANY SHORTEST (s:Group) ((n26:Group)-[r25:MEMBER WHERE r25.via = 'member' AND r25.condition IS NULL AND (r25.expires_at IS NULL OR r25.expires_at > now)]->(n24:Group))* (n22:Group)-[r21:VIEWER WHERE r21.via = 'member' AND r21.condition IS NULL AND (r21.expires_at IS NULL OR r21.expires_at > now)]->(n17:Folder) ((n20:Folder)-[r19:PARENT WHERE r19.via IS NULL AND r19.condition IS NULL AND (r19.expires_at IS NULL OR r19.expires_at > now)]->(n18:Folder))* (n16) RETURN relationships(p28) + relationships(p27) LIMIT 1 })) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
