CYPHER 25
// read_by_subject: tuples of one subject whose object's key lies in a range, in a fixed order, after a cursor.
// params: subject, via, from, to, type, subject_type (null for any), after (object, type, subject, via; or null), limit
// returns: a tuple's columns    index: object_key
// Past the first plane Neo4j orders stored text, and its indexes, by code point, but text against a parameter by
// UTF-16. So what is compared with the cursor is sorted the same way; `+ ''` makes stored text as a parameter is.
MATCH (s:Object {key: $subject})-[r]->(o:Object)
USING INDEX SEEK s:Object(key)
WHERE o.key >= $from AND o.key < $to
  AND coalesce(r.via, '') = coalesce($via, '')
  AND ($type IS NULL OR type(r) = $type)
  AND ($subject_type IS NULL OR s.type = $subject_type)
WITH o, r, s, type(r) AS type, o.key + '' AS place
WHERE $after IS NULL OR place > $after[0] OR (place = $after[0] AND type > $after[1])
ORDER BY place, type
LIMIT $limit
RETURN o.type AS object_type, o.id AS object_id, type, s.type AS subject_type, s.id AS subject_id,
       r.via AS via, r.since AS since, r.at AS at, r.by AS by, r.reason AS reason, r.expires_at AS expires_at,
       r.condition AS condition, r.context AS context
