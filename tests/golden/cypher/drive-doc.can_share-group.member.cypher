// check
CYPHER 25
UNWIND $questions AS q
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
RETURN q.i AS i,
  false AS allowed

// explain
CYPHER 25
UNWIND $questions AS q
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
WITH q,
  null AS proof
RETURN q.i AS i, proof IS NOT NULL AS allowed,
  [r IN proof | {object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}] AS path
