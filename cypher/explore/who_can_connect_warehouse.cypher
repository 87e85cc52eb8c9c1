CYPHER 25
// who_can_connect_warehouse: Who can connect a warehouse to this source, which takes two roles, and by which policies?
// teaches: `and` in the model is two paths from the same subject, each of which must be there. An owner has both.
// :param store => 'demo'
// :param source => 'orders'
// returns: who, edits_source_by, edits_warehouses_by    index: object_key
MATCH (source:Object {key: $store + '/source:' + $source})<-[:WORKSPACE]-(workspace:Workspace)
CALL (source, workspace) {
  MATCH held = ()-[:OWNER_DIRECT]->(workspace)
  RETURN held, 'owner' AS by, ['source', 'warehouses'] AS edits
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:WORKSPACE_OWNER]->(workspace)
  RETURN held, policy.id AS by, ['source', 'warehouses'] AS edits
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:WAREHOUSE_ADMIN]->(workspace)
  RETURN held, policy.id AS by, ['warehouses'] AS edits
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:SOURCE_ADMIN]->(workspace)
  RETURN held, policy.id AS by, ['source'] AS edits
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:SOURCE_ADMIN]->(source)
  WHERE EXISTS { (workspace)-[:WORKSPACE]->(policy) }
  RETURN held, policy.id AS by, ['source'] AS edits
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:SOURCE_ADMIN_BY_LABEL]->(workspace)
  WHERE EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
    AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(source) } }
  RETURN held, policy.id AS by, ['source'] AS edits
}
WITH nodes(held)[0] AS who, held, by, edits
WHERE all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
  AND all(at IN tail(nodes(held)) WHERE at.type = 'source' OR EXISTS {
        (who)-[inside:MEMBER|TOKEN]->(:Workspace)-[:WORKSPACE]->{0,1}(at)
        WHERE coalesce(inside.expires_at > datetime(), true) })
WITH who, by, edits ORDER BY by
WITH who, collect(DISTINCT CASE WHEN 'source' IN edits THEN by END) AS edits_source_by,
     collect(DISTINCT CASE WHEN 'warehouses' IN edits THEN by END) AS edits_warehouses_by
WHERE edits_source_by <> [] AND edits_warehouses_by <> []
RETURN who.type + ':' + who.id AS who, edits_source_by, edits_warehouses_by
ORDER BY who
