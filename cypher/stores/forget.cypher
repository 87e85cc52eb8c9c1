CYPHER 25
// forget: the last trace of a retired store, if its nodes are gone: it may be the trace of a later store of the id.
// params: store, from, to    returns: store    index: deleted_store_id, object_key, change_key, model_key
MATCH (d:IamDeletedStore {id: $store})
SET d:IamDeletedStore
WITH d
WHERE NOT EXISTS { MATCH (n:Object) WHERE n.key >= $from AND n.key < $to }
  AND NOT EXISTS { MATCH (n:IamChange {store: $store}) WHERE n.revision > 0 }
  AND NOT EXISTS { MATCH (n:IamModel {store: $store}) WHERE n.id > '' }
DELETE d
RETURN $store AS store
