CYPHER 25
// purge: removes some nodes of a retired store; call until none is left.
// params: store, from, to, limit    returns: removed    index: object_key, change_key, model_key
MATCH (d:IamDeletedStore {id: $store})
CALL (d) {
  MATCH (n:Object) WHERE n.key >= $from AND n.key < $to RETURN n LIMIT $limit
  UNION
  MATCH (n:IamChange {store: $store}) RETURN n LIMIT $limit
  UNION
  MATCH (n:IamModel {store: $store}) RETURN n LIMIT $limit
}
DETACH DELETE n
RETURN count(*) AS removed
