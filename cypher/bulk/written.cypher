CYPHER 25
// written: the chunks of an import that are in the store.
// params: store, prefix    returns: idempotency_key, body_hash, revision    index: change_idempotency
MATCH (c:IamChange {store: $store})
WHERE c.idempotency_key STARTS WITH $prefix
RETURN c.idempotency_key AS idempotency_key, c.body_hash AS body_hash, c.revision AS revision
