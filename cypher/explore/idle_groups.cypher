CYPHER 25
// idle_groups: Which groups have no members, or no policies?
// teaches: `EXISTS { … }` asks whether there is any, and stops at the first. A member who has left does not count.
// :param store => 'demo'
// returns: group, workspace, no_members, no_policies    index: object_key
MATCH (group:Object) WHERE group.key STARTS WITH $store + '/group:'
MATCH (workspace:Workspace)-[:WORKSPACE]->(group)
WITH group, workspace,
     NOT EXISTS { (workspace)<-[:MEMBER]-(:Member)-[:ADDED]->(group) } AS no_members,
     NOT EXISTS { (group)-[:GROUP]->(:Policy) } AS no_policies
WHERE no_members OR no_policies
RETURN group.id AS group, workspace.id AS workspace, no_members, no_policies
ORDER BY workspace, group
