CYPHER 25
// objects: makes the nodes of objects that have none yet. The caller holds the store's lock.
// params: store, types (rows: type, label, ids)    returns: objects    index: object_key
UNWIND $types AS row
UNWIND row.ids AS id
MERGE (n:Object {key: $store + '/' + row.type + ':' + id})
ON CREATE SET n:$(row.label), n.store = $store, n.type = row.type, n.id = id
RETURN count(*) AS objects
