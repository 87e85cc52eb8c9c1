CYPHER 25
// purge: removes some nodes of a retired store, and its last trace where none was left; call until it removes none.
// The lock it takes keeps the id from being forgotten, and used again, meanwhile.
// params: store, from, to, limit    returns: removed
// index: deleted_store_id, object_key, change_key, model_key, refusal_key, session_id, touch_key
MATCH (d:IamDeletedStore {id: $store})
SET d:IamDeletedStore
WITH d, COLLECT {
  MATCH (n:Object) WHERE n.key >= $from AND n.key < $to RETURN n LIMIT $limit
  UNION
  MATCH (n:IamChange {store: $store}) WHERE n.revision > 0 RETURN n LIMIT $limit
  UNION
  MATCH (n:IamModel {store: $store}) WHERE n.id > '' RETURN n LIMIT $limit
  UNION
  MATCH (n:IamRefusal {store: $store}) WHERE n.id > '' RETURN n LIMIT $limit
  UNION
  MATCH (n:IamTouch {store: $store}) WHERE n.revision > 0 AND n.within > '' RETURN n LIMIT $limit
  UNION
  MATCH (n:IamSession {store: $store}) WHERE n.id > '' RETURN n LIMIT $limit
} AS found
FOREACH (n IN found | DETACH DELETE n)
FOREACH (trace IN CASE WHEN found = [] THEN [d] ELSE [] END | DELETE trace)
RETURN size(found) AS removed
