CYPHER 25
// members_without_policy: Who is in a workspace and holds nothing there, so that they see nothing in it?
// teaches: Being a member opens the workspace and no more. Owners hold no policy and need none.
// :param store => 'demo'
// returns: workspace, member, name    index: object_key
MATCH (workspace:Object) WHERE workspace.key STARTS WITH $store + '/workspace:'
MATCH (member:Member)-[:MEMBER]->(workspace)
WHERE NOT EXISTS { (member)-[:OWNER_DIRECT]->(workspace) }
  AND NOT EXISTS {
    MATCH held = (member)-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(:Policy)<-[:WORKSPACE]-(workspace)
    WHERE all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
  }
RETURN workspace.id AS workspace, member.id AS member, member.name AS name
ORDER BY workspace, member
