CYPHER 25
// who_can_edit_source: Who can edit this source, and through what?
// teaches: Four ways lead there: owning its workspace, or a policy on the source, on the whole workspace, or on what
// carries labels; that one counts only if the source carries every label it requires, and it requires one. Who holds a
// policy must be inside its workspace, and inside that of the group they hold it by; nothing on the way may have
// expired.
// :param store => 'demo'
// :param source => 'orders'
// returns: who, way, policy, group    index: object_key
MATCH (source:Object {key: $store + '/source:' + $source})<-[:WORKSPACE]-(workspace:Workspace)
CALL (source, workspace) {
  MATCH held = (who)-[:OWNER_DIRECT]->(workspace)
  RETURN held, 'owner' AS way, NULL AS policy, [] AS given
  UNION
  MATCH (policy:Policy)-[role:WORKSPACE_OWNER]->(workspace), held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy)
  RETURN held, 'owner' AS way, policy, [role] AS given
  UNION
  MATCH (policy:Policy)-[role:SOURCE_ADMIN]->(source), held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy)
  WHERE EXISTS { (workspace)-[:WORKSPACE]->(policy) }
  RETURN held, 'this source' AS way, policy, [role] AS given
  UNION
  MATCH (policy:Policy)-[role:SOURCE_ADMIN]->(workspace), held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy)
  RETURN held, 'all sources' AS way, policy, [role] AS given
  UNION
  MATCH (policy:Policy)-[role:SOURCE_ADMIN_BY_LABEL]->(workspace), held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy)
  WHERE EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
    AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(source) } }
  RETURN held, 'labels' AS way, policy, [role] AS given
}
WITH nodes(held)[0] AS who, held, way, policy, given, CASE way WHEN 'owner' THEN [workspace] ELSE [] END AS own
WHERE all(r IN relationships(held) + given WHERE coalesce(r.expires_at > datetime(), true))
  AND all(at IN tail(nodes(held)) + own WHERE EXISTS {
        (who)-[inside:MEMBER|TOKEN]->(:Workspace)-[:WORKSPACE]->{0,1}(at)
        WHERE coalesce(inside.expires_at > datetime(), true) })
RETURN DISTINCT who.type + ':' + who.id AS who, way, policy.id AS policy,
       [step IN nodes(held) WHERE step:Group | step.id][0] AS group
ORDER BY who, way, policy, group
