CYPHER 25
// existing: which of these tuples are in the store and hold still, by their places in the columns.
// params: groups (rows: number, type, via, from, to, subjects, objects), now    returns: number, place    index: object_key
UNWIND $groups AS row
UNWIND range(0, size(row.subjects) - 1) AS place
MATCH (s:Object {key: row.from + row.subjects[place]})-[r:$(row.type)]->(o:Object {key: row.to + row.objects[place]})
USING INDEX SEEK s:Object(key) USING INDEX SEEK o:Object(key)
WHERE coalesce(r.via, '') = coalesce(row.via, '') AND (r.expires_at IS NULL OR r.expires_at > $now)
RETURN row.number AS number, place
