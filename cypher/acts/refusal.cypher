CYPHER 25
// refusal: keeps what was refused, if the store knows the object it is listed under.
// params: store, id, key, refusal (within, at, by, reason, action, object, code, message)
// returns: id    index: object_key, refusal_key
MATCH (w:Object {key: $key})
MERGE (r:IamRefusal {store: $store, id: $id})
SET r += $refusal
RETURN r.id AS id
