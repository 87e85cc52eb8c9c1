CYPHER 25
// labels_nobody_uses: Which labels stand on nothing, and are required or admitted by nothing?
// teaches: A label's uses are the relationships that leave it; the one from its workspace comes to it.
// `environment:dev` and `environment:prod` are built in, and stay.
// :param store => 'demo'
// returns: label, workspace    index: object_key
MATCH (label:Object) WHERE label.key STARTS WITH $store + '/label:' AND NOT EXISTS { (label)-->() }
MATCH (workspace:Workspace)-[:WORKSPACE]->(label)
RETURN label.id AS label, workspace.id AS workspace
ORDER BY label
