CYPHER 25
// tokens_of_who_left: Which tokens were made by somebody who is no longer in the workspace?
// teaches: Tokens live on when who made them leaves, so somebody must look. Who made one is an attribute of its node,
// and joined to the graph by a key; `by` on its relationships would say the same.
// :param store => 'demo'
// returns: token, workspace, description, created_by, last_used_at    index: object_key
MATCH (token:Object) WHERE token.key STARTS WITH $store + '/token:' AND token.created_by STARTS WITH 'member:'
MATCH (token)-[:TOKEN]->(workspace:Workspace)
WHERE NOT EXISTS { (:Object {key: $store + '/' + token.created_by})-[:MEMBER]->(workspace) }
RETURN token.id AS token, workspace.id AS workspace, token.description AS description, token.created_by AS created_by,
       token.last_used_at AS last_used_at
ORDER BY workspace, token
