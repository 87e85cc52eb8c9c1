CYPHER 25
// attributes: facts about objects, kept beside what iamgraph itself keeps on their nodes; null removes one.
// Rows: key, label, type, id, values.
// params: store, rows    returns: changed    index: object_key
UNWIND $rows AS row
MERGE (o:Object {key: row.key})
ON CREATE SET o:$(row.label), o.store = $store, o.type = row.type, o.id = row.id
SET o += row.values
RETURN count(*) AS changed
