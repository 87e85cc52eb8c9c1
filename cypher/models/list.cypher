CYPHER 25
// list: the models of a store, newest first.
// params: store    returns: id, text, hash, revision, at    index: model_key
MATCH (m:IamModel {store: $store}) WHERE m.id > ''
RETURN m.id AS id, m.text AS text, m.hash AS hash, m.revision AS revision, m.at AS at
ORDER BY revision DESC
