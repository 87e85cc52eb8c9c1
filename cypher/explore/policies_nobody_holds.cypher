CYPHER 25
// policies_nobody_holds: Which policies give nothing to anybody, and why?
// teaches: A policy without holders, with empty groups alone, or with invites alone gives nothing yet, but will to
// whoever is added next. One that lost its labels gives nothing, and never more than before.
// :param store => 'demo'
// returns: policy, workspace, role, why    index: object_key
MATCH (policy:Object) WHERE policy.key STARTS WITH $store + '/policy:'
MATCH (workspace:Workspace)-[:WORKSPACE]->(policy)-[given]->()
WITH policy, workspace, given,
     EXISTS { (:Member|Token)-[:DIRECT]->(policy) } AS held,
     EXISTS { (:Group)-[:GROUP]->(policy) } AS by_group,
     EXISTS { (workspace)<-[:MEMBER]-(:Member)-[:ADDED]->(:Group)-[:GROUP]->(policy) } AS by_member_of_group,
     EXISTS { (:Invite)-[:INVITED]->(policy) } AS by_invite,
     EXISTS { (:Label)-[:REQUIRED_LABEL]->(policy) } AS labelled
WITH policy, workspace, given,
     CASE WHEN type(given) ENDS WITH '_BY_LABEL' AND NOT labelled THEN 'it has lost its labels'
          WHEN held OR by_member_of_group THEN NULL
          WHEN by_group THEN 'its groups are empty'
          WHEN by_invite THEN 'its invites are not accepted yet'
          ELSE 'nobody holds it' END AS why
WHERE why IS NOT NULL
RETURN DISTINCT policy.id AS policy, workspace.id AS workspace,
       replace(toLower(type(given)), '_by_label', '') AS role, why
ORDER BY workspace, policy
