CYPHER 25
// refused_lately: Who was refused what in this workspace in these last days?
// teaches: Refused acts are kept beside the tuples as `:IamRefusal`, under the workspace they were tried in. They
// change no revision.
// :param store => 'demo'
// :param workspace => 'acme'
// :param days => 7
// returns: at, by, action, object, code, message    index: refusal_within
MATCH (refusal:IamRefusal {store: $store, within: 'workspace:' + $workspace})
WHERE refusal.at >= datetime() - duration({days: $days})
RETURN refusal.at AS at, refusal.by AS by, refusal.action AS action, refusal.object AS object, refusal.code AS code,
       refusal.message AS message
ORDER BY at DESC
