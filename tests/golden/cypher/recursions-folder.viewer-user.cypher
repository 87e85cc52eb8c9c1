// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  (EXISTS { MATCH ANY SHORTEST (s)-[r5:VIEWER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n1:Folder) ((a2)-[r3:FOLDER|PARENT|SPACE|VIEWER WHERE r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(b4) WHERE ((a2:Folder AND r3:VIEWER AND r3.via = 'viewer' AND b4:Folder) OR (a2:Folder AND r3:PARENT AND r3.via IS NULL AND b4:Folder) OR (a2:Space AND r3:SPACE AND r3.via IS NULL AND b4:Folder) OR (a2:Folder AND r3:FOLDER AND r3.via IS NULL AND b4:Space)))* (o) } OR EXISTS { MATCH ANY SHORTEST (s)-[r10:VIEWER WHERE r10.via IS NULL AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n6:Space) ((a7)-[r8:FOLDER|PARENT|SPACE|VIEWER WHERE r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(b9) WHERE ((a7:Folder AND r8:VIEWER AND r8.via = 'viewer' AND b9:Folder) OR (a7:Folder AND r8:PARENT AND r8.via IS NULL AND b9:Folder) OR (a7:Space AND r8:SPACE AND r8.via IS NULL AND b9:Folder) OR (a7:Folder AND r8:FOLDER AND r8.via IS NULL AND b9:Space)))* (o) }) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  coalesce(head(COLLECT { MATCH p11 = ANY SHORTEST (s)-[r5:VIEWER WHERE r5.via IS NULL AND r5.condition IS NULL AND (r5.expires_at IS NULL OR r5.expires_at > now)]->(n1:Folder) ((a2)-[r3:FOLDER|PARENT|SPACE|VIEWER WHERE r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(b4) WHERE ((a2:Folder AND r3:VIEWER AND r3.via = 'viewer' AND b4:Folder) OR (a2:Folder AND r3:PARENT AND r3.via IS NULL AND b4:Folder) OR (a2:Space AND r3:SPACE AND r3.via IS NULL AND b4:Folder) OR (a2:Folder AND r3:FOLDER AND r3.via IS NULL AND b4:Space)))* (o) RETURN relationships(p11) LIMIT 1 }), head(COLLECT { MATCH p12 = ANY SHORTEST (s)-[r10:VIEWER WHERE r10.via IS NULL AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n6:Space) ((a7)-[r8:FOLDER|PARENT|SPACE|VIEWER WHERE r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(b9) WHERE ((a7:Folder AND r8:VIEWER AND r8.via = 'viewer' AND b9:Folder) OR (a7:Folder AND r8:PARENT AND r8.via IS NULL AND b9:Folder) OR (a7:Space AND r8:SPACE AND r8.via IS NULL AND b9:Folder) OR (a7:Folder AND r8:FOLDER AND r8.via IS NULL AND b9:Space)))* (o) RETURN relationships(p12) LIMIT 1 })) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
