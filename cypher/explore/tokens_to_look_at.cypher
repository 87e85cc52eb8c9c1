CYPHER 25
// tokens_to_look_at: Which tokens were never used, or never expire?
// teaches: What iamgraph keeps of an object besides its tuples are properties of its node; when a token ends stands on
// the tuple that lets it into its workspace, so that every check ends with it.
// :param store => 'demo'
// returns: token, workspace, description, created_at, never_used, expires_at    index: object_key
MATCH (token:Object) WHERE token.key STARTS WITH $store + '/token:'
MATCH (token)-[inside:TOKEN]->(workspace:Workspace)
WHERE token.last_used_at IS NULL OR inside.expires_at IS NULL
RETURN token.id AS token, workspace.id AS workspace, token.description AS description, token.created_at AS created_at,
       token.last_used_at IS NULL AS never_used, inside.expires_at AS expires_at
ORDER BY created_at, token
