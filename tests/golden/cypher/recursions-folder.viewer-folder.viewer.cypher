// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  (EXISTS { MATCH ANY SHORTEST (s:Folder) ((a2)-[r3:FOLDER|PARENT|SPACE|VIEWER WHERE r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(b4) WHERE ((a2:Folder AND r3:VIEWER AND r3.via = 'viewer' AND b4:Folder) OR (a2:Folder AND r3:PARENT AND r3.via IS NULL AND b4:Folder) OR (a2:Space AND r3:SPACE AND r3.via IS NULL AND b4:Folder) OR (a2:Folder AND r3:FOLDER AND r3.via IS NULL AND b4:Space)))* (o) } OR (o IS NULL AND q.object = q.subject)) AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  coalesce(head(COLLECT { MATCH p5 = ANY SHORTEST (s:Folder) ((a2)-[r3:FOLDER|PARENT|SPACE|VIEWER WHERE r3.condition IS NULL AND (r3.expires_at IS NULL OR r3.expires_at > now)]->(b4) WHERE ((a2:Folder AND r3:VIEWER AND r3.via = 'viewer' AND b4:Folder) OR (a2:Folder AND r3:PARENT AND r3.via IS NULL AND b4:Folder) OR (a2:Space AND r3:SPACE AND r3.via IS NULL AND b4:Folder) OR (a2:Folder AND r3:FOLDER AND r3.via IS NULL AND b4:Space)))* (o) RETURN relationships(p5) LIMIT 1 }), CASE WHEN o IS NULL AND q.object = q.subject THEN [] END) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
