CYPHER 25
// who_is_owner_where: Who owns which workspace, and how?
// teaches: All objects of a type are found by the beginning of their key, which the index knows. An owner is one in
// their own right or by a policy, and only while inside the workspace.
// :param store => 'demo'
// returns: workspace, owner, how    index: object_key
MATCH (workspace:Object) WHERE workspace.key STARTS WITH $store + '/workspace:'
MATCH held = (owner)-[:OWNER_DIRECT|DIRECT|ADDED]->()-[:GROUP]->{0,1}()-[:WORKSPACE_OWNER]->{0,1}(workspace)
WHERE all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
  AND all(at IN tail(nodes(held)) WHERE EXISTS {
        (owner)-[inside:MEMBER|TOKEN]->(:Workspace)-[:WORKSPACE]->{0,1}(at)
        WHERE coalesce(inside.expires_at > datetime(), true) })
RETURN workspace.id AS workspace, owner.type + ':' + owner.id AS owner,
       CASE length(held) WHEN 1 THEN 'in their own right'
                         WHEN 2 THEN 'by policy ' + nodes(held)[1].id
                         ELSE 'by group ' + nodes(held)[1].id END AS how
ORDER BY workspace, owner, how
