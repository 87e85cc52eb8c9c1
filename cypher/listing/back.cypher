CYPHER 25
// back: the subjects that objects lead back to, along their tuples; each once a stride.
// A map holds the strides: Neo4j plans anew for a list of another order of size.
// All comes in one row, since each costs its reader.
// params: asked (strides: i, starts, which are keys, relation, as a relationship type, via or an empty text, type), limit
// returns: strides, ids    index: object_key
UNWIND $asked.strides AS stride
UNWIND stride.starts AS start
MATCH (o:Object {key: start})<-[r:$(stride.relation)]-(s:Object)
USING INDEX SEEK o:Object(key)
WHERE s.type = stride.type AND coalesce(r.via, '') = stride.via
WITH DISTINCT stride.i AS i, s.id AS id
LIMIT $limit
RETURN collect(i) AS strides, collect(id) AS ids
