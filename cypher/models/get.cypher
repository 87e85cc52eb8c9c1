CYPHER 25
// get: one model, or the current one.
// params: store, id (null for the current)    returns: id, text, hash, revision, at    index: store_id, model_key
MATCH (st:IamStore {id: $store})
MATCH (m:IamModel {store: $store, id: coalesce($id, st.model)})
RETURN m.id AS id, m.text AS text, m.hash AS hash, m.revision AS revision, m.at AS at
