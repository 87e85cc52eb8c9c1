CYPHER 25
// members_of_nested_groups: Who is in this group, directly or through groups within groups, and by which shortest way?
// teaches: `SHORTEST 1` with `+` follows nesting of any depth, and visits each group once however many ways lead to
// it. It suits every model whose groups hold groups by `member`; in the shipped one groups hold members alone.
// :param store => 'demo'
// :param group => 'eng'
// returns: member, depth, through    index: object_key
MATCH (group:Object {key: $store + '/group:' + $group})
MATCH way = SHORTEST 1 (member:Member)
            (()-[step:ADDED|MEMBER WHERE coalesce(step.expires_at > datetime(), true)]->())+ (group)
RETURN member.id AS member, length(way) AS depth, [g IN nodes(way) WHERE g:Group | g.id] AS through
ORDER BY depth, member
