// check
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH *, COLLECT { MATCH (l:From)-[h:FROM WHERE h.via IS NULL AND h.condition IS NULL AND h.expires_at IS NULL]->(o) RETURN elementId(l) } AS have0
WITH q,
  EXISTS { MATCH ANY SHORTEST (s)-[r10:OR WHERE r10.via IS NULL AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n3:From) ((n9:From)-[r8:OR WHERE r8.via = 'or' AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n7:From))* (n2:From WHERE (EXISTS { MATCH ()-[:FROM]->(n2) } AND NOT EXISTS { MATCH (l5)-[q4:FROM]->(n2) WHERE NOT (l5:From AND q4.via IS NULL AND q4.condition IS NULL AND q4.expires_at IS NULL AND elementId(l5) IN have0) }))-[r1:FROM WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) } AS holds
WITH collect(CASE WHEN holds THEN {i: q.i} END) AS allowed
RETURN allowed

// explain
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH *, COLLECT { MATCH (l:From)-[h:FROM WHERE h.via IS NULL AND h.condition IS NULL AND h.expires_at IS NULL]->(o) RETURN elementId(l) } AS have0
WITH q,
  head(COLLECT { MATCH p11 = ANY SHORTEST (s)-[r10:OR WHERE r10.via IS NULL AND r10.condition IS NULL AND (r10.expires_at IS NULL OR r10.expires_at > now)]->(n3:From) ((n9:From)-[r8:OR WHERE r8.via = 'or' AND r8.condition IS NULL AND (r8.expires_at IS NULL OR r8.expires_at > now)]->(n7:From))* (n2:From WHERE (EXISTS { MATCH ()-[:FROM]->(n2) } AND NOT EXISTS { MATCH (l5)-[q4:FROM]->(n2) WHERE NOT (l5:From AND q4.via IS NULL AND q4.condition IS NULL AND q4.expires_at IS NULL AND elementId(l5) IN have0) }))-[r1:FROM WHERE r1.via IS NULL AND r1.condition IS NULL AND (r1.expires_at IS NULL OR r1.expires_at > now)]->(o) RETURN relationships(p11) + COLLECT { MATCH ()-[q12:FROM]->(n2) RETURN q12 } + COLLECT { MATCH (l13)-[:FROM]->(n2) MATCH (l13)-[h14:FROM WHERE h14.via IS NULL AND h14.condition IS NULL AND h14.expires_at IS NULL]->(o) RETURN h14 } LIMIT 1 }) AS proof
WITH collect(CASE WHEN proof IS NOT NULL THEN {i: q.i, path:
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}]} END) AS allowed
RETURN allowed
