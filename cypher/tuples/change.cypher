CYPHER 25
// change: deletes, then writes tuples, and records the change. The caller holds the store's lock, so no two
// changes of a store run at once and a tuple exists once. A tuple written again is replaced. The hints keep it from
// reading all that one end has.
// What it deletes or replaces is kept with it as it was, so that the past can be told: texts whose parts are parted by a
// control character, which none of them can hold.
// A map holds all that differs: Neo4j plans anew for a parameter of another type, or a list of another order of size.
// Rows: subject, subject_label, subject_type, subject_id, via, type, object, object_label, object_type, object_id,
// properties; deleted and written are the same as text.
// params: store, change (at, by, reason, idempotency_key, body_hash, deletes, writes, deleted, written)
// returns: revision    index: object_key, store_id
MATCH (st:IamStore {id: $store})
SET st.revision = st.revision + 1
WITH st
CALL (st) {
  UNWIND $change.deletes AS row
  MATCH (s:Object {key: row.subject})-[r:$(row.type)]->(o:Object {key: row.object})
  USING INDEX SEEK s:Object(key) USING INDEX SEEK o:Object(key)
  WHERE coalesce(r.via, '') = coalesce(row.via, '')
  WITH r, reduce(t = o.type, part IN [o.id, type(r), s.type, s.id, coalesce(r.via, ''), toString(r.since), toString(r.at),
                coalesce(r.by, ''), coalesce(r.reason, ''), coalesce(toString(r.expires_at), ''), coalesce(r.condition, ''),
                coalesce(r.context, '')] | t + '\u001f' + part) AS text
  DELETE r
  RETURN collect(text) AS deleted
}
CALL (st) {
  UNWIND $change.writes AS row
  MATCH (s:Object {key: row.subject})-[r:$(row.type)]->(o:Object {key: row.object})
  USING INDEX SEEK s:Object(key) USING INDEX SEEK o:Object(key)
  WHERE coalesce(r.via, '') = coalesce(row.via, '')
  WITH r, reduce(t = o.type, part IN [o.id, type(r), s.type, s.id, coalesce(r.via, ''), toString(r.since), toString(r.at),
                coalesce(r.by, ''), coalesce(r.reason, ''), coalesce(toString(r.expires_at), ''), coalesce(r.condition, ''),
                coalesce(r.context, '')] | t + '\u001f' + part) AS text
  DELETE r
  RETURN collect(text) AS replaced
}
CALL (st) {
  UNWIND $change.writes AS row
  MERGE (s:Object {key: row.subject})
  ON CREATE SET s:$(row.subject_label), s.store = $store, s.type = row.subject_type, s.id = row.subject_id
  MERGE (o:Object {key: row.object})
  ON CREATE SET o:$(row.object_label), o.store = $store, o.type = row.object_type, o.id = row.object_id
  CREATE (s)-[r:$(row.type)]->(o)
  SET r = row.properties, r.via = row.via, r.since = st.revision, r.at = $change.at, r.by = $change.by, r.reason = $change.reason
}
CREATE (:IamChange {store: $store, revision: st.revision, at: $change.at, by: $change.by, reason: $change.reason,
                    idempotency_key: $change.idempotency_key, body_hash: $change.body_hash, writes: $change.written, deletes: $change.deleted,
                    before: deleted + replaced})
RETURN st.revision AS revision
