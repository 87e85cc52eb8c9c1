CYPHER 25
// labels_that_reach_most: What do the labels of this workspace stand on, and how many people reach something by them?
// teaches: `COUNT { … }` counts a pattern without multiplying rows, as two `OPTIONAL MATCH`es after each other would.
// :param store => 'demo'
// :param workspace => 'acme'
// returns: label, sources, spaces, policies, people    index: object_key
MATCH (workspace:Object {key: $store + '/workspace:' + $workspace})-[:WORKSPACE]->(label:Label)
RETURN label.id AS label,
       COUNT { (label)-[:LABEL]->(:Source) } AS sources,
       COUNT { (label)-[:LABEL]->(:Space) } AS spaces,
       COUNT { (label)-[:REQUIRED_LABEL]->(:Policy) } AS policies,
       COUNT {
         MATCH (label)-[:REQUIRED_LABEL]->(:Policy)<-[:GROUP]-{0,1}()<-[:DIRECT|ADDED]-(who:Member)
         WHERE EXISTS { (who)-[:MEMBER]->(workspace) }
         RETURN DISTINCT who
       } AS people
ORDER BY sources + spaces DESC, people DESC, label
