CYPHER 25
// list: all stores, by id.
// params: none    returns: store, revision, epoch, model    index: store_id
MATCH (st:IamStore)
RETURN st.id AS store, st.revision AS revision, st.epoch AS epoch, st.model AS model
ORDER BY store
