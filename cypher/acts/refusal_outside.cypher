CYPHER 25
// refusal_outside: keeps what was refused to who is not in the object it is listed under, if the store knows that; past
// so many of one day they are counted in one line.
// params: store, id, day (id of that line), key, most, refusal (within, at, by, reason, action, object, code, message)
// returns: refused    index: object_key, refusal_key
MATCH (w:Object {key: $key})
MERGE (d:IamRefusal {store: $store, id: $day})
ON CREATE SET d.refused = 0
SET d.refused = d.refused + 1
FOREACH (_ IN CASE WHEN d.refused <= $most THEN [1] ELSE [] END |
  MERGE (r:IamRefusal {store: $store, id: $id})
  SET r += $refusal
)
FOREACH (_ IN CASE WHEN d.refused > $most THEN [1] ELSE [] END |
  SET d.within = $refusal.within, d.object = $refusal.within, d.at = coalesce(d.at, $refusal.at), d.by = 'others',
      d.action = 'outside.refuse', d.code = 'too_many_refused',
      d.message = toString(d.refused - $most) + ' more acts of who is not in it were refused on that day'
)
RETURN d.refused AS refused
