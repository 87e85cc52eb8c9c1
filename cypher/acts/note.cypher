CYPHER 25
// note: what a change was about.
// params: store, revision, action, object, within    returns: revision    index: change_key
MATCH (c:IamChange {store: $store, revision: $revision})
SET c.action = $action, c.object = $object, c.within = $within
RETURN c.revision AS revision
