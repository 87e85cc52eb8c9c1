CYPHER 25
// sources_without_label: Which sources carry no label, so that no policy by label ever reaches them?
// teaches: What is not there is asked with `NOT EXISTS`; the objects to look at come out of the index by their key.
// :param store => 'demo'
// returns: source, workspace    index: object_key
MATCH (source:Object) WHERE source.key STARTS WITH $store + '/source:' AND NOT EXISTS { (:Label)-[:LABEL]->(source) }
MATCH (workspace:Workspace)-[:WORKSPACE]->(source)
RETURN source.id AS source, workspace.id AS workspace
ORDER BY workspace, source
