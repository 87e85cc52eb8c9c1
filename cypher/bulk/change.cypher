CYPHER 25
// change: records the change a chunk of an import makes. The caller holds the store's lock.
// params: store, at, by, reason, idempotency_key, body_hash, written (as text)    returns: revision    index: store_id
MATCH (st:IamStore {id: $store})
SET st.revision = st.revision + 1
CREATE (:IamChange {store: $store, revision: st.revision, at: $at, by: $by, reason: $reason,
                    idempotency_key: $idempotency_key, body_hash: $body_hash, writes: $written, deletes: []})
RETURN st.revision AS revision
