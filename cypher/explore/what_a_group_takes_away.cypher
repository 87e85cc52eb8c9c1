CYPHER 25
// what_a_group_takes_away: Who would lose which policies if this group were deleted, and who keeps them another way?
// teaches: Try a change by asking for what stays: the other ways from the same member to the same policy.
// :param store => 'demo'
// :param group => 'eng'
// returns: member, policy, role, kept_by    index: object_key
MATCH (group:Object {key: $store + '/group:' + $group})<-[:WORKSPACE]-(workspace:Workspace)
MATCH (workspace)<-[:MEMBER]-(member:Member)-[added:ADDED]->(group)-[held:GROUP]->(policy:Policy)-[given]->()
WHERE coalesce(added.expires_at > datetime(), true) AND coalesce(held.expires_at > datetime(), true)
RETURN DISTINCT member.id AS member, policy.id AS policy, replace(toLower(type(given)), '_by_label', '') AS role,
       COLLECT {
         MATCH other = (member)-[:DIRECT|ADDED]->(step)-[:GROUP]->{0,1}(policy)
         WHERE step <> group AND all(r IN relationships(other) WHERE coalesce(r.expires_at > datetime(), true))
         RETURN CASE WHEN step:Group THEN 'group ' + step.id ELSE 'directly' END AS by ORDER BY by
       } AS kept_by
ORDER BY member, policy, role
