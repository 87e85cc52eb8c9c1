CYPHER 25
// head: a store's state, read without its lock: what follows the store looks whether it has moved.
// Of one that is deleted meanwhile a property may be gone, so what may be missing is read first.
// params: store    returns: revision, epoch, model    index: store_id
MATCH (st:IamStore {id: $store})
WITH st, st.model AS model
WITH model, st.revision AS revision, st.epoch AS epoch
WHERE revision IS NOT NULL AND epoch IS NOT NULL
RETURN revision, epoch, model
