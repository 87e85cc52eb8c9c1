// 001_keys: each object, store, change and model once; the index every check leans on is object_key.
CREATE CONSTRAINT object_key IF NOT EXISTS FOR (n:Object) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT store_id IF NOT EXISTS FOR (n:IamStore) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT change_key IF NOT EXISTS FOR (n:IamChange) REQUIRE (n.store, n.revision) IS UNIQUE;
CREATE CONSTRAINT change_idempotency IF NOT EXISTS FOR (n:IamChange) REQUIRE (n.store, n.idempotency_key) IS UNIQUE;
CREATE CONSTRAINT model_key IF NOT EXISTS FOR (n:IamModel) REQUIRE (n.store, n.id) IS UNIQUE;
CREATE CONSTRAINT deleted_store_id IF NOT EXISTS FOR (n:IamDeletedStore) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT key_id IF NOT EXISTS FOR (n:IamKey) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT key_hash IF NOT EXISTS FOR (n:IamKey) REQUIRE n.hash IS UNIQUE;
