CYPHER 25
// only_owners_reach: Which sources and spaces of this workspace does nobody read but its owners?
// teaches: A policy counts here as soon as one person inside holds it; so the question is about pairs of resource and
// policy, and people are asked for only until the first is found.
// :param store => 'demo'
// :param workspace => 'acme'
// returns: resource    index: object_key
MATCH (workspace:Object {key: $store + '/workspace:' + $workspace})-[:WORKSPACE]->(resource:Source|Space)
WHERE NOT EXISTS {
  UNWIND [resource, workspace] AS place
  MATCH (policy:Policy)-[given]->(place)
  WHERE type(given) STARTS WITH toUpper(resource.type) + '_' AND coalesce(given.expires_at > datetime(), true)
    AND (NOT type(given) ENDS WITH '_BY_LABEL' OR (
          EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
      AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(resource) } }))
    AND EXISTS {
      MATCH held = (who:Member|Token)-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy)
      WHERE all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
        AND all(at IN tail(nodes(held)) WHERE EXISTS { (workspace)-[:WORKSPACE]->(at) })
        AND EXISTS { (who)-[inside:MEMBER|TOKEN]->(workspace) WHERE coalesce(inside.expires_at > datetime(), true) }
        AND NOT EXISTS { (who)-[:OWNER_DIRECT]->(workspace) }
    }
}
RETURN resource.type + ':' + resource.id AS resource
ORDER BY resource
