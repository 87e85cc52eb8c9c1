CYPHER 25
// tuples: writes tuples whose objects have nodes, each named once; one that is there is replaced, and kept with
// the change as it was, in the form of tuples/change. In columns, since maps
// are slow to send. The caller holds the store's lock.
// params: groups (rows: type, via, from, to, subjects, objects, expires_at, condition,
//   context; the last three are null where no tuple has any), store, since, at, by, reason
// returns: tuples    index: object_key, change_key
UNWIND $groups AS row
UNWIND range(0, size(row.subjects) - 1) AS place
MATCH (s:Object {key: row.from + row.subjects[place]})
USING INDEX SEEK s:Object(key)
MATCH (o:Object {key: row.to + row.objects[place]})
USING INDEX SEEK o:Object(key)
CALL (s, o, row) {
  MATCH (s)-[r:$(row.type)]->(o)
  WHERE coalesce(r.via, '') = coalesce(row.via, '')
  WITH r, reduce(t = o.type, part IN [o.id, type(r), s.type, s.id, coalesce(r.via, ''), toString(r.since), toString(r.at),
                coalesce(r.by, ''), coalesce(r.reason, ''), coalesce(toString(r.expires_at), ''), coalesce(r.condition, ''),
                coalesce(r.context, '')] | t + '\u001f' + part) AS text
  DELETE r
  RETURN head(collect(text)) AS text
}
CREATE (s)-[:$(row.type) {since: $since, at: $at, by: $by, reason: $reason, via: row.via,
                          expires_at: row.expires_at[place], condition: row.condition[place],
                          context: row.context[place]}]->(o)
WITH count(*) AS tuples, collect(text) AS before
MATCH (c:IamChange {store: $store, revision: $since})
SET c.before = before
RETURN tuples
