// 004_touches: which other objects an act concerned than the one it was done within, so that each finds it in its record.
CREATE CONSTRAINT touch_key IF NOT EXISTS FOR (n:IamTouch) REQUIRE (n.store, n.revision, n.within) IS UNIQUE;
CREATE INDEX touch_within IF NOT EXISTS FOR (n:IamTouch) ON (n.store, n.within, n.at);
