CYPHER 25
// retire: ends a store at once; what it held is removed afterwards, and before its id is used again.
// Its node goes: whoever waits for its lock meanwhile must not find it, nor bring it back.
// params: store, epoch    returns: store    index: store_id
MATCH (st:IamStore {id: $store})
WHERE st.epoch = $epoch
CREATE (:IamDeletedStore {id: $store})
DELETE st
RETURN $store AS store
