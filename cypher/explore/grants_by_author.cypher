CYPHER 25
// grants_by_author: Who gave how much in this workspace, and for which reasons? What has expired counts too.
// teaches: Every tuple carries its author, reason, time and revision, so questions about who gave what need no log.
// :param store => 'demo'
// :param workspace => 'acme'
// returns: by, reason, grants, first, last    index: object_key
MATCH (workspace:Object {key: $store + '/workspace:' + $workspace})
CALL (workspace) {
  MATCH (workspace)-[:WORKSPACE]->()<-[grant:DIRECT|GROUP|ADDED]-() RETURN grant
  UNION
  MATCH (workspace)<-[grant:OWNER_DIRECT]-() RETURN grant
}
RETURN grant.by AS by, grant.reason AS reason, count(*) AS grants, min(grant.at) AS first, max(grant.at) AS last
ORDER BY grants DESC, by, reason
