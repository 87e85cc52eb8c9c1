CYPHER 25
// members_of_groups: Who is in which group, and who is in one though they have left its workspace?
// teaches: Being added to a group counts only for members of its workspace, as the model says: `added and member from
// workspace`. Who has left is still written there, and means nothing.
// :param store => 'demo'
// returns: group, workspace, members, left    index: object_key
MATCH (group:Object) WHERE group.key STARTS WITH $store + '/group:'
MATCH (workspace:Workspace)-[:WORKSPACE]->(group)
OPTIONAL MATCH (member:Member)-[added:ADDED]->(group) WHERE coalesce(added.expires_at > datetime(), true)
WITH group, workspace, member, EXISTS {
       (member)-[inside:MEMBER]->(workspace) WHERE coalesce(inside.expires_at > datetime(), true) } AS there
ORDER BY member.id
RETURN group.id AS group, workspace.id AS workspace,
       collect(CASE WHEN there THEN member.id END) AS members,
       collect(CASE WHEN NOT there THEN member.id END) AS left
ORDER BY group, workspace
