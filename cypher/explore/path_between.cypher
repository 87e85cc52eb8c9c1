CYPHER 25
// path_between: How are these two objects connected, by the fewest steps? As a picture.
// teaches: `ANY SHORTEST` with both ends known searches from both, and ends at the first meeting. It says how things
// hang together, whatever the relations mean: whether somebody may is what a check answers.
// :param store => 'demo'
// :param from => 'member:bob'
// :param to => 'source:sandbox'
// returns: path    index: object_key
MATCH (from:Object {key: $store + '/' + $from})
MATCH (to:Object {key: $store + '/' + $to})
MATCH path = ANY SHORTEST (from)-[]-{1,12}(to)
RETURN path
