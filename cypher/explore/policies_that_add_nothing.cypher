CYPHER 25
// policies_that_add_nothing: Which policies could go without anybody losing anything, and beside which other?
// teaches: Compare only what somebody holds both of, not each with each. One adds nothing if another gives its role or
// the greater one, on the same or on the whole workspace, under the same labels or fewer, to everybody who holds it.
// Of two alike each names the other: keep one.
// :param store => 'demo'
// :param workspace => 'acme'
// returns: policy, beside    index: object_key
MATCH (workspace:Object {key: $store + '/workspace:' + $workspace})-[:WORKSPACE]->(policy:Policy)
MATCH (policy)<-[:DIRECT|GROUP]-()-[:DIRECT|GROUP]->(beside:Policy)<-[:WORKSPACE]-(workspace)
WITH DISTINCT workspace, policy, beside
WHERE NOT EXISTS {  // somebody who holds it and not the other
    MATCH (holder)-[:DIRECT|GROUP]->(policy)
    WHERE NOT EXISTS { (holder)-[too:DIRECT|GROUP]->(beside) WHERE too.expires_at IS NULL }
  }
  AND NOT EXISTS {  // something it gives and the other does not
    MATCH (policy)-[given]->(place)
    WITH workspace, policy, beside, place, type(given) ENDS WITH '_BY_LABEL' AS by_label,
         replace(type(given), '_BY_LABEL', '') AS role
    WITH *, replace(role, '_READER', '_USER') AS greater,
         replace(replace(role, '_READER', '_ADMIN'), '_USER', '_ADMIN') AS greatest
    WHERE NOT EXISTS {
      UNWIND [place, workspace] AS there
      MATCH (beside)-[too]->(there)
      WHERE too.expires_at IS NULL
        AND replace(type(too), '_BY_LABEL', '') IN [role, greater, greatest, 'WORKSPACE_OWNER']
        AND (NOT type(too) ENDS WITH '_BY_LABEL' OR (by_label
          AND EXISTS { (:Label)-[:REQUIRED_LABEL]->(beside) }
          AND NOT EXISTS {
            (more:Label)-[:REQUIRED_LABEL]->(beside) WHERE NOT EXISTS { (more)-[:REQUIRED_LABEL]->(policy) } }))
    }
  }
RETURN policy.id AS policy, beside.id AS beside
ORDER BY policy, beside
