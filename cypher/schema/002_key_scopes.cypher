// 002_key_scopes: keys say what they may do, and carry the version of their last change; those of before said nothing, so
// they end.
CREATE CONSTRAINT keys_id IF NOT EXISTS FOR (n:IamKeys) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT key_version IF NOT EXISTS FOR (n:IamKey) REQUIRE n.version IS UNIQUE;
MATCH (k:IamKey) WHERE k.scopes IS NULL DELETE k;
