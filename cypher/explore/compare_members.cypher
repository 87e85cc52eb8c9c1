CYPHER 25
// compare_members: What do these two members have in common, and what only one of them?
// teaches: Collect what either holds, then say of each thing how each of the two comes to it; nothing where they do
// not.
// :param store => 'demo'
// :param one => 'bob'
// :param other => 'cyd'
// returns: workspace, policy, role, one_by, other_by    index: object_key
UNWIND [$one, $other] AS id
MATCH (who:Object {key: $store + '/member:' + id})-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)
WITH DISTINCT policy
MATCH (workspace:Workspace)-[:WORKSPACE]->(policy)-[given]->()
WITH DISTINCT workspace, policy, replace(toLower(type(given)), '_by_label', '') AS role
WITH workspace, policy, role, [id IN [$one, $other] | COLLECT {
       MATCH held = (who:Object {key: $store + '/member:' + id})-[:DIRECT|ADDED]->(step)-[:GROUP]->{0,1}(policy)
       WHERE EXISTS { (who)-[inside:MEMBER]->(workspace) WHERE coalesce(inside.expires_at > datetime(), true) }
         AND all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
       RETURN CASE WHEN step:Group THEN 'group ' + step.id ELSE 'directly' END AS by ORDER BY by
     }] AS ways
WHERE ways <> [[], []]
RETURN workspace.id AS workspace, policy.id AS policy, role, ways[0] AS one_by, ways[1] AS other_by
ORDER BY workspace, policy
