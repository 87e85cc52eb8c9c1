// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  (EXISTS { MATCH (n2:Folder)-[r1:PARENT WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) MATCH (n4:Folder)-[r3:PARENT WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2) MATCH ANY SHORTEST (s)-[r9:VIEWER WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(n5:Folder) ((a6)-[r7:FOLDER|PARENT|SPACE|VIEWER WHERE r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(b8) WHERE ((a6:Folder AND r7:VIEWER AND r7.via = 'viewer' AND b8:Folder) OR (a6:Folder AND r7:PARENT AND r7.via IS NULL AND b8:Folder) OR (a6:Space AND r7:SPACE AND r7.via IS NULL AND b8:Folder) OR (a6:Folder AND r7:FOLDER AND r7.via IS NULL AND b8:Space)))* (n4) } OR EXISTS { MATCH (n2:Folder)-[r1:PARENT WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) MATCH (n4:Folder)-[r3:PARENT WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2) MATCH ANY SHORTEST (s)-[r14:VIEWER WHERE r14.via IS NULL AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > now)]->(n10:Space) ((a11)-[r12:FOLDER|PARENT|SPACE|VIEWER WHERE r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > now)]->(b13) WHERE ((a11:Folder AND r12:VIEWER AND r12.via = 'viewer' AND b13:Folder) OR (a11:Folder AND r12:PARENT AND r12.via IS NULL AND b13:Folder) OR (a11:Space AND r12:SPACE AND r12.via IS NULL AND b13:Folder) OR (a11:Folder AND r12:FOLDER AND r12.via IS NULL AND b13:Space)))* (n4) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  coalesce(head(COLLECT { MATCH p15 = (n2:Folder)-[r1:PARENT WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) MATCH p16 = (n4:Folder)-[r3:PARENT WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2) MATCH p17 = ANY SHORTEST (s)-[r9:VIEWER WHERE r9.via IS NULL AND r9.condition IS NULL AND (r9.expires_at IS NULL OR r9.expires_at > now)]->(n5:Folder) ((a6)-[r7:FOLDER|PARENT|SPACE|VIEWER WHERE r7.condition IS NULL AND (r7.expires_at IS NULL OR r7.expires_at > now)]->(b8) WHERE ((a6:Folder AND r7:VIEWER AND r7.via = 'viewer' AND b8:Folder) OR (a6:Folder AND r7:PARENT AND r7.via IS NULL AND b8:Folder) OR (a6:Space AND r7:SPACE AND r7.via IS NULL AND b8:Folder) OR (a6:Folder AND r7:FOLDER AND r7.via IS NULL AND b8:Space)))* (n4) RETURN relationships(p17) + relationships(p16) + relationships(p15) LIMIT 1 }), head(COLLECT { MATCH p18 = (n2:Folder)-[r1:PARENT WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) MATCH p19 = (n4:Folder)-[r3:PARENT WHERE r3.via IS NULL AND r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(n2) MATCH p20 = ANY SHORTEST (s)-[r14:VIEWER WHERE r14.via IS NULL AND r14.condition IS NULL AND (r14.expires_at IS NULL OR r14.expires_at > now)]->(n10:Space) ((a11)-[r12:FOLDER|PARENT|SPACE|VIEWER WHERE r12.condition IS NULL AND (r12.expires_at IS NULL OR r12.expires_at > now)]->(b13) WHERE ((a11:Folder AND r12:VIEWER AND r12.via = 'viewer' AND b13:Folder) OR (a11:Folder AND r12:PARENT AND r12.via IS NULL AND b13:Folder) OR (a11:Space AND r12:SPACE AND r12.via IS NULL AND b13:Folder) OR (a11:Folder AND r12:FOLDER AND r12.via IS NULL AND b13:Space)))* (n4) RETURN relationships(p20) + relationships(p19) + relationships(p18) LIMIT 1 })) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
