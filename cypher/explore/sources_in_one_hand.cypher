CYPHER 25
// sources_in_one_hand: Which sources can be edited by one person alone, apart from the owners of the workspace?
// teaches: Gather who reaches each source by every kind of policy, then keep those whom one person reaches. It looks
// at one workspace at a time: what it reads grows with the sources and with who holds a policy for them.
// :param store => 'demo'
// :param workspace => 'acme'
// returns: source, who, policies    index: object_key
MATCH (workspace:Object {key: $store + '/workspace:' + $workspace})-[:WORKSPACE]->(source:Source)
CALL (workspace, source) {
  UNWIND [source, workspace] AS place
  MATCH (policy:Policy)-[given:SOURCE_ADMIN]->(place)
  RETURN policy, given
  UNION
  MATCH (policy:Policy)-[given:SOURCE_ADMIN_BY_LABEL]->(workspace)
  WHERE EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
    AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(source) } }
  RETURN policy, given
}
MATCH held = (who:Member|Token)-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy)
WHERE all(r IN relationships(held) + given WHERE coalesce(r.expires_at > datetime(), true))
  AND all(at IN tail(nodes(held)) WHERE EXISTS { (workspace)-[:WORKSPACE]->(at) })
  AND EXISTS { (who)-[inside:MEMBER|TOKEN]->(workspace) WHERE coalesce(inside.expires_at > datetime(), true) }
  AND NOT EXISTS { (who)-[:OWNER_DIRECT]->(workspace) }
WITH source, collect(DISTINCT who) AS people, collect(DISTINCT policy.id) AS policies
WHERE size(people) = 1
RETURN source.id AS source, people[0].type + ':' + people[0].id AS who, policies
ORDER BY source
