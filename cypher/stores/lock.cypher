CYPHER 25
// lock: takes the store's lock, waits for its writer, and returns its newest state.
// Setting a label the node has takes the lock and writes nothing to the log.
// params: store    returns: revision, epoch, model    index: store_id
MATCH (st:IamStore {id: $store})
SET st:IamStore
RETURN st.revision AS revision, st.epoch AS epoch, st.model AS model
