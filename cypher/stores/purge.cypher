CYPHER 25
// purge: removes some nodes of a retired store; call until none is left. The lock it takes keeps the id from
// being forgotten, and used again, meanwhile.
// params: store, from, to, limit    returns: removed    index: object_key, change_key, model_key
MATCH (d:IamDeletedStore {id: $store})
SET d:IamDeletedStore
WITH d
CALL (d) {
  MATCH (n:Object) WHERE n.key >= $from AND n.key < $to RETURN n LIMIT $limit
  UNION
  MATCH (n:IamChange {store: $store}) WHERE n.revision > 0 RETURN n LIMIT $limit
  UNION
  MATCH (n:IamModel {store: $store}) WHERE n.id > '' RETURN n LIMIT $limit
}
DETACH DELETE n
RETURN count(*) AS removed
