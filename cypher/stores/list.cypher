CYPHER 25
// list: all stores, by id. Read without a lock: of one that is deleted meanwhile a property may be gone, so what may
// be missing is read first.
// params: none    returns: store, revision, epoch, model    index: store_id
MATCH (st:IamStore)
WITH st, st.model AS model
WITH model, st.id AS store, st.revision AS revision, st.epoch AS epoch
WHERE store IS NOT NULL AND revision IS NOT NULL AND epoch IS NOT NULL
RETURN store, revision, epoch, model
ORDER BY store
