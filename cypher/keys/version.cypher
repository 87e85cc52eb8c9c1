CYPHER 25
// version: the newest change of the API keys, 0 before the first, once it has been made whole: a commit is not atomic to
// readers, and who saw its version alone would never look for what came with it. So it waits for the keys' lock, which
// who changes them holds through the commit; setting a label the node has takes it and writes nothing to the log.
// params: none    returns: version    index: keys_id
OPTIONAL MATCH (all:IamKeys {id: 'keys'})
SET all:IamKeys
RETURN coalesce(all.version, 0) AS version
