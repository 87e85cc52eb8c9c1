CYPHER 25
// at: the model in force at a revision; no row before the first.
// params: store, revision    returns: id, text, hash, revision, at    index: model_key
MATCH (m:IamModel {store: $store}) WHERE m.id > '' AND m.revision <= $revision
RETURN m.id AS id, m.text AS text, m.hash AS hash, m.revision AS revision, m.at AS at
ORDER BY revision DESC
LIMIT 1
