CYPHER 25
// paths_to_source: By which paths do people and tokens come to read or edit this source? As a picture.
// teaches: A path can be returned whole, and drawn: from who holds a policy, on to what the policy is on, to the
// source. Paths that end in labels the source lacks, or have expired somewhere, lead to nothing and are left out.
// :param store => 'demo'
// :param source => 'orders'
// returns: path    index: object_key
MATCH (source:Object {key: $store + '/source:' + $source})<-[:WORKSPACE]-(workspace:Workspace)
CALL (source, workspace) {
  MATCH path = ()-[:OWNER_DIRECT]->(workspace)-[:WORKSPACE]->(source)
  RETURN path
  UNION
  MATCH path = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)
               -[:WORKSPACE_OWNER|SOURCE_ADMIN|SOURCE_READER]->(workspace)-[:WORKSPACE]->(source)
  RETURN path
  UNION
  MATCH path = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)-[:SOURCE_ADMIN|SOURCE_READER]->(source)
  WHERE EXISTS { (workspace)-[:WORKSPACE]->(policy) }
  RETURN path
  UNION
  MATCH path = ()-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)
               -[:SOURCE_ADMIN_BY_LABEL|SOURCE_READER_BY_LABEL]->(workspace)-[:WORKSPACE]->(source)
  WHERE EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) }
    AND NOT EXISTS { (lacks:Label)-[:REQUIRED_LABEL]->(policy) WHERE NOT EXISTS { (lacks)-[:LABEL]->(source) } }
  RETURN path
}
WITH path, nodes(path)[0] AS who
WHERE all(r IN relationships(path) WHERE coalesce(r.expires_at > datetime(), true))
  AND all(at IN tail(nodes(path)) WHERE at.type = 'source' OR EXISTS {
        (who)-[inside:MEMBER|TOKEN]->(:Workspace)-[:WORKSPACE]->{0,1}(at)
        WHERE coalesce(inside.expires_at > datetime(), true) })
RETURN path
ORDER BY who.id, length(path)
