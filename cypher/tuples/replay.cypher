CYPHER 25
// replay: the change an idempotency key was used for.
// params: store, idempotency_key    returns: revision, body_hash, written, deleted, model, object
// index: change_idempotency
MATCH (c:IamChange {store: $store, idempotency_key: $idempotency_key})
RETURN c.revision AS revision, c.body_hash AS body_hash, size(c.writes) AS written, size(c.deletes) AS deleted, c.model AS model,
       c.object AS object
