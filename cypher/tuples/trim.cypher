CYPHER 25
// trim: removes the changes up to a revision, and remembers that. The caller holds the store's lock.
// params: store, upto    returns: removed    index: store_id, change_key, touch_key
MATCH (st:IamStore {id: $store})
SET st.trimmed = $upto
WITH st
CALL (st) {
  MATCH (t:IamTouch {store: $store})
  WHERE t.revision <= $upto AND t.within > ''
  DELETE t
}
MATCH (c:IamChange {store: $store})
WHERE c.revision <= $upto
DELETE c
RETURN count(*) AS removed
