CYPHER 25
// time_of: when a revision was made; no row where its change is not kept.
// params: store, revision    returns: at    index: change_key
MATCH (c:IamChange {store: $store, revision: $revision})
RETURN c.at AS at
