CYPHER 25
// crossing_workspaces: Does anything reach across workspaces? There should be no row.
// teaches: A rule can be checked from the side. The verbs refuse whatever leads from one workspace into another, so a
// row here was written past them, as tuples.
// :param store => 'demo'
// returns: what, from, to, by, reason    index: object_key
MATCH (policy:Object) WHERE policy.key STARTS WITH $store + '/policy:'
MATCH (home:Workspace)-[:WORKSPACE]->(policy)
CALL (home, policy) {
  MATCH (who:Member|Token)-[grant:DIRECT]->(policy) WHERE NOT EXISTS { (who)-[:MEMBER|TOKEN]->(home) }
  RETURN 'a holder who is not inside' AS what, who AS from, grant, policy AS to
  UNION
  MATCH (group:Group)-[grant:GROUP]->(policy) WHERE NOT EXISTS { (home)-[:WORKSPACE]->(group) }
  RETURN 'a group of another workspace' AS what, group AS from, grant, policy AS to
  UNION
  MATCH (label:Label)-[grant:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (home)-[:WORKSPACE]->(label) }
  RETURN 'a label of another workspace' AS what, label AS from, grant, policy AS to
  UNION
  MATCH (policy)-[grant]->(place) WHERE place <> home AND NOT EXISTS { (home)-[:WORKSPACE]->(place) }
  RETURN 'a policy on what is elsewhere' AS what, policy AS from, grant, place AS to
}
RETURN what, from.type + ':' + from.id AS from, to.type + ':' + to.id AS to, grant.by AS by, grant.reason AS reason
ORDER BY what, from, to
