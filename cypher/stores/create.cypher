CYPHER 25
// create: a new store; none is made if it exists.
// params: store, epoch, at    returns: created    index: store_id
MERGE (st:IamStore {id: $store})
ON CREATE SET st.epoch = $epoch, st.revision = 0, st.created_at = $at
RETURN st.epoch = $epoch AS created
