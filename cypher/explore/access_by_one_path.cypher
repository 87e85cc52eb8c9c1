CYPHER 25
// access_by_one_path: Which sources does this member reach in one way only, and which way?
// teaches: Group what leads to each source, and keep those to which one way leads. An owner reads all by owning, which
// is a way of its own, so the list is of what others gave.
// :param store => 'demo'
// :param member => 'eve'
// returns: source, role, policy, group    index: object_key
MATCH (who:Object {key: $store + '/member:' + $member})-[inside:MEMBER]->(workspace:Workspace)
WHERE coalesce(inside.expires_at > datetime(), true) AND NOT EXISTS { (who)-[:OWNER_DIRECT]->(workspace) }
MATCH held = (who)-[:DIRECT|ADDED]->(step)-[:GROUP]->{0,1}(policy:Policy)-[given]->(place)
WHERE EXISTS { (workspace)-[:WORKSPACE]->(step) } AND EXISTS { (workspace)-[:WORKSPACE]->(policy) }
  AND (type(given) = 'WORKSPACE_OWNER' OR type(given) STARTS WITH 'SOURCE_')
  AND all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
MATCH (place)-[:WORKSPACE]->{0,1}(source:Source)
WHERE EXISTS { (workspace)-[:WORKSPACE]->(source) }
  AND (NOT type(given) ENDS WITH '_BY_LABEL' OR (
        EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
    AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(source) } }))
WITH source, collect(DISTINCT {role: replace(toLower(type(given)), '_by_label', ''), policy: policy.id,
                               group: CASE WHEN step:Group THEN step.id END}) AS ways
WHERE size(ways) = 1
RETURN source.id AS source, ways[0].role AS role, ways[0].policy AS policy, ways[0].group AS group
ORDER BY source
