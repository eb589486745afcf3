-- Takes over what a former holder took and did not do.
-- KEYS: generation, taken. ARGV: generation, former place, new place.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'STALE' end
local message = redis.call('HGET', KEYS[2], ARGV[2])
if not message then return false end
redis.call('HDEL', KEYS[2], ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[3], message) end
return message
