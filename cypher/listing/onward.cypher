CYPHER 25
// onward: the objects that objects lead to, along the tuples they are the subjects of; each once a stride.
// A map holds the strides: Neo4j plans anew for a list of another order of size.
// All comes in one row, since each costs its reader.
// params: asked (strides: i, starts, which are keys, relation, as a relationship type, via or an empty text, type), limit
// returns: strides, ids    index: object_key
UNWIND $asked.strides AS stride
UNWIND stride.starts AS start
MATCH (s:Object {key: start})-[r:$(stride.relation)]->(o:Object)
USING INDEX SEEK s:Object(key)
WHERE o.type = stride.type AND coalesce(r.via, '') = stride.via
WITH DISTINCT stride.i AS i, o.id AS id
LIMIT $limit
RETURN collect(i) AS strides, collect(id) AS ids
