CYPHER 25
// back_after: the subjects that objects lead back to whose ids follow one, by their ids, with the object each is reached from.
// Ids are compared with a parameter otherwise than among each other where one has a character past the first plane:
// `after` has none.
// All comes in one row, since each costs its reader.
// params: asked (strides: i, starts, which are keys, relation, as a relationship type, via or an empty text, type), after, limit
// returns: strides, starts, ids    index: object_key
UNWIND $asked.strides AS stride
UNWIND stride.starts AS start
MATCH (o:Object {key: start})<-[r:$(stride.relation)]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE s.type = stride.type AND coalesce(r.via, '') = stride.via AND s.id > $after
WITH stride.i AS i, o.id AS start, s.id AS id
ORDER BY id
LIMIT $limit
RETURN collect(i) AS strides, collect(start) AS starts, collect(id) AS ids
