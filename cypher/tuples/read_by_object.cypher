CYPHER 25
// read_by_object: tuples whose object's key lies in a range, in a fixed order, after a cursor.
// params: from, to, type, subject_type (null for any), after (object, type, subject, via; or null), limit
// returns: a tuple's columns    index: object_key
// Past the first plane Neo4j orders stored text, and its indexes, by code point, but text against a parameter by
// UTF-16. So objects are in the index's order and compared by it alone; `+ ''` makes stored text as a parameter is.
MATCH (o:Object)<-[r]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE o.key >= coalesce($after[0], $from) AND o.key < $to
  AND ($type IS NULL OR type(r) = $type)
  AND ($subject_type IS NULL OR s.type = $subject_type)
  AND ($after IS NULL OR o.key <> $after[0] OR type(r) > $after[1] OR (type(r) = $after[1]
       AND (s.key > $after[2] OR (s.key = $after[2] AND coalesce(r.via, '') > $after[3]))))
WITH o, r, s, type(r) AS type
ORDER BY o.key, type, s.key + '', coalesce(r.via, '')
LIMIT $limit
RETURN o.type AS object_type, o.id AS object_id, type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
