CYPHER 25
// who_sees_personal_data: Who sees personal data of this source unmasked, and by whose switch?
// teaches: The switch opens nothing by itself: it unmasks what its holder's policies reach. A member's own counts for
// what they hold directly, a group's for what they hold by that group. Owners need none.
// :param store => 'demo'
// :param source => 'patients'
// returns: who, switch, policy    index: object_key
MATCH (source:Object {key: $store + '/source:' + $source})<-[:WORKSPACE]-(workspace:Workspace)
CALL (source, workspace) {
  MATCH held = ()-[:OWNER_DIRECT]->(workspace)
  RETURN held, true AS owner
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(:Policy)-[:WORKSPACE_OWNER]->(workspace)
  RETURN held, true AS owner
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(:Policy)-[:SOURCE_ADMIN|SOURCE_READER]->(workspace)
  RETURN held, false AS owner
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:SOURCE_ADMIN|SOURCE_READER]->(source)
  WHERE EXISTS { (workspace)-[:WORKSPACE]->(policy) }
  RETURN held, false AS owner
  UNION
  MATCH held = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)
               -[:SOURCE_ADMIN_BY_LABEL|SOURCE_READER_BY_LABEL]->(workspace)
  WHERE EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
    AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(source) } }
  RETURN held, false AS owner
}
WITH nodes(held)[0] AS who, nodes(held)[1] AS step, [at IN nodes(held) WHERE at:Policy][0] AS policy, held, owner
WHERE all(r IN relationships(held) WHERE coalesce(r.expires_at > datetime(), true))
  AND all(at IN tail(nodes(held)) WHERE at.type = 'source' OR (at.type = 'workspace' AND NOT owner) OR EXISTS {
        (who)-[inside:MEMBER|TOKEN]->(:Workspace)-[:WORKSPACE]->{0,1}(at)
        WHERE coalesce(inside.expires_at > datetime(), true) })
WITH who, policy, CASE
  WHEN owner THEN 'an owner'
  WHEN step:Group AND EXISTS {
    (:Member)-[on:PII {via: '*'}]->(step) WHERE coalesce(on.expires_at > datetime(), true)
  } THEN 'group ' + step.id
  WHEN step:Policy AND EXISTS {
    (who)-[on:PII]->(:Workspace)-[:WORKSPACE]->(policy) WHERE coalesce(on.expires_at > datetime(), true)
  } THEN 'their own'
  END AS switch
WHERE switch IS NOT NULL
RETURN DISTINCT who.type + ':' + who.id AS who, switch, policy.id AS policy
ORDER BY who, switch, policy
