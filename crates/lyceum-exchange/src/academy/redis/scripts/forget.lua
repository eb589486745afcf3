-- Takes an agent out of the sets that it is found in, if its mailbox is gone.
-- KEYS: status, sets that it is in, name, set in which it was found. ARGV: number.
if redis.call('GET', KEYS[1]) == 'ACTIVE' then return 'OK' end
for _, set in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('SREM', set, ARGV[1]) end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('SREM', KEYS[4], ARGV[1])
return 'OK'
