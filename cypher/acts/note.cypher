CYPHER 25
// note: what a change was about, and which other objects it concerns, under which it is listed too.
// params: store, revision, action, object, within, others (`type:id`)    returns: revision    index: change_key, touch_key
MATCH (c:IamChange {store: $store, revision: $revision})
SET c.action = $action, c.object = $object, c.within = $within
FOREACH (other IN $others | CREATE (:IamTouch {store: $store, revision: $revision, within: other, at: c.at}))
RETURN c.revision AS revision
