// 003_access: what stands beside the tuples of a store: refused acts and sessions; and which changes were acts within
// an object.
CREATE CONSTRAINT refusal_key IF NOT EXISTS FOR (n:IamRefusal) REQUIRE (n.store, n.id) IS UNIQUE;
CREATE CONSTRAINT session_id IF NOT EXISTS FOR (n:IamSession) REQUIRE (n.store, n.id) IS UNIQUE;
CREATE INDEX refusal_within IF NOT EXISTS FOR (n:IamRefusal) ON (n.store, n.within, n.at);
CREATE INDEX change_within IF NOT EXISTS FOR (n:IamChange) ON (n.store, n.within, n.at);
CREATE INDEX session_member IF NOT EXISTS FOR (n:IamSession) ON (n.store, n.member);
