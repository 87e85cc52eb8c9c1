CYPHER 25
// trimmed: the revision up to which a store's changes are gone, 0 where all are kept.
// params: store    returns: revision    index: store_id
MATCH (st:IamStore {id: $store})
RETURN coalesce(st.trimmed, 0) AS revision
