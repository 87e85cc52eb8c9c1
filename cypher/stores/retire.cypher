CYPHER 25
// retire: ends a store at once; what it held is removed afterwards, and before its id is used again.
// params: store    returns: store    index: store_id
MATCH (st:IamStore {id: $store})
REMOVE st:IamStore
SET st:IamDeletedStore
RETURN st.id AS store
