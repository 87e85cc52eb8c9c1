CYPHER 25
// what_can_member_do: What does this member hold, where, and through what?
// teaches: From the subject onwards: what a member holds is few, what a workspace has is many. Roles are the types of
// the relationships that leave a policy; `_BY_LABEL` says that only what carries all the labels counts.
// :param store => 'demo'
// :param member => 'bob'
// returns: workspace, role, on, labels, policy, group    index: object_key
MATCH (who:Object {key: $store + '/member:' + $member})-[:MEMBER]->(workspace:Workspace)
CALL (who, workspace) {
  MATCH (who)-[own:OWNER_DIRECT]->(workspace)
  WHERE coalesce(own.expires_at > datetime(), true)
  RETURN 'workspace_owner' AS role, workspace AS on, NULL AS policy, NULL AS group
  UNION
  MATCH held = (who)-[:DIRECT|ADDED]->(step)-[:GROUP]->{0,1}(policy:Policy)-[given]->(on)
  WHERE EXISTS { (workspace)-[:WORKSPACE]->(step) } AND EXISTS { (workspace)-[:WORKSPACE]->(policy) }
    AND all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
  RETURN replace(toLower(type(given)), '_by_label', '') AS role, on, policy, CASE WHEN step:Group THEN step END AS group
}
RETURN workspace.id AS workspace, role, on.type + ':' + on.id AS on,
       COLLECT { MATCH (label:Label)-[:REQUIRED_LABEL]->(policy) RETURN label.id ORDER BY label.id } AS labels,
       policy.id AS policy, group.id AS group
ORDER BY workspace, role, on, policy, group
