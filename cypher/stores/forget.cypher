CYPHER 25
// forget: the last trace of a retired store, once its nodes are gone.
// params: store    returns: store    index: deleted_store_id
MATCH (d:IamDeletedStore {id: $store})
DELETE d
RETURN $store AS store
