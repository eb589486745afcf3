-- Throws a dead letter away; returns how many there were.
-- KEYS: dead letters, their numbers. ARGV: number.
redis.call('LREM', KEYS[2], 1, ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
