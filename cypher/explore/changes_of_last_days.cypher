CYPHER 25
// changes_of_last_days: What was changed in these last days, by whom and why?
// teaches: Each change of a store is one `:IamChange` with its tuples as JSON, in the order of the revisions; the
// index gives the newest first. What was done in a workspace carries its `action` and `object`.
// :param store => 'demo'
// :param days => 7
// :param limit => 100
// returns: revision, at, by, reason, action, object, writes, deletes    index: change_key
MATCH (change:IamChange {store: $store}) WHERE change.revision > 0
WITH change ORDER BY change.revision DESC LIMIT $limit
WHERE change.at >= datetime() - duration({days: $days})
RETURN change.revision AS revision, change.at AS at, change.by AS by, change.reason AS reason, change.action AS action,
       change.object AS object, size(change.writes) AS writes, size(change.deletes) AS deletes
ORDER BY revision DESC
