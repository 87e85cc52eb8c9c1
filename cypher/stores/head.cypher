CYPHER 25
// head: a store's state, read without its lock: what follows the store looks whether it has moved.
// params: store    returns: revision, epoch, model    index: store_id
MATCH (st:IamStore {id: $store})
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model
