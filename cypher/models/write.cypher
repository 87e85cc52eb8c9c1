CYPHER 25
// write: a new current model, as a change. The caller holds the store's lock.
// params: store, id, text, hash, at, by, reason, idempotency_key, body_hash    returns: revision    index: store_id
MATCH (st:IamStore {id: $store})
SET st.revision = st.revision + 1, st.model = $id
CREATE (:IamModel {store: $store, id: $id, text: $text, hash: $hash, at: $at, revision: st.revision})
CREATE (:IamChange {store: $store, revision: st.revision, at: $at, by: $by, reason: $reason, model: $id,
                    idempotency_key: $idempotency_key, body_hash: $body_hash, writes: [], deletes: []})
RETURN st.revision AS revision
