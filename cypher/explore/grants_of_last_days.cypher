CYPHER 25
// grants_of_last_days: Which policies were given to whom in these last days, by whom and why?
// teaches: `datetime() - duration({days: $days})` is a moment; what was given and taken away again since is not here,
// but in the changes.
// :param store => 'demo'
// :param days => 7
// returns: at, holder, policy, role, workspace, by, reason    index: object_key
MATCH (policy:Object) WHERE policy.key STARTS WITH $store + '/policy:'
MATCH (holder)-[grant:DIRECT|GROUP]->(policy) WHERE grant.at >= datetime() - duration({days: $days})
MATCH (workspace:Workspace)-[:WORKSPACE]->(policy)-[given]->()
RETURN DISTINCT grant.at AS at, holder.type + ':' + holder.id AS holder, policy.id AS policy,
       replace(toLower(type(given)), '_by_label', '') AS role, workspace.id AS workspace, grant.by AS by,
       grant.reason AS reason
ORDER BY at DESC, holder, policy
