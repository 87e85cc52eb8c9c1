CYPHER 25
// onward_after: the objects that objects lead to whose ids follow one, by their ids, with the object each is reached from.
// Ids are compared with a parameter otherwise than among each other where one has a character past the first plane:
// `after` has none.
// All comes in one row, since each costs its reader.
// params: asked (strides: i, starts, which are keys, relation, as a relationship type, via or an empty text, type), after, limit
// returns: strides, starts, ids    index: object_key
UNWIND $asked.strides AS stride
UNWIND stride.starts AS start
MATCH (s:Object {key: start})-[r:$(stride.relation)]->(o:Object)
USING INDEX SEEK s:Object(key)
WHERE o.type = stride.type AND coalesce(r.via, '') = stride.via AND o.id > $after
WITH stride.i AS i, s.id AS start, o.id AS id
ORDER BY id
LIMIT $limit
RETURN collect(i) AS strides, collect(start) AS starts, collect(id) AS ids
