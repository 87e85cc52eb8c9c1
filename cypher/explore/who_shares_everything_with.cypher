CYPHER 25
// who_shares_everything_with: Who holds every policy that this member holds in this workspace, and what besides?
// teaches: "All of them" is none that lacks: collect what one holds, and look at those who share any of it, not at
// everybody.
// :param store => 'demo'
// :param workspace => 'acme'
// :param member => 'bob'
// returns: other, shared, besides    index: object_key
MATCH (workspace:Object {key: $store + '/workspace:' + $workspace})
MATCH (:Object {key: $store + '/member:' + $member})-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(policy:Policy)
WHERE EXISTS { (workspace)-[:WORKSPACE]->(policy) }
WITH workspace, collect(DISTINCT policy) AS held
UNWIND held AS shared
MATCH (other:Member)-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(shared)
WHERE other.id <> $member AND EXISTS { (other)-[:MEMBER]->(workspace) }
WITH workspace, held, other, count(DISTINCT shared) AS number
WHERE number = size(held)
RETURN other.id AS other, COLLECT { UNWIND held AS policy RETURN policy.id AS id ORDER BY id } AS shared,
       COLLECT {
         MATCH (other)-[:DIRECT|ADDED]->()-[:GROUP]->{0,1}(more:Policy)<-[:WORKSPACE]-(workspace)
         WHERE NOT more IN held
         RETURN DISTINCT more.id AS id ORDER BY id
       } AS besides
ORDER BY other
