-- Takes a mailbox over: whoever had it before is refused from now on.
-- KEYS: status, generation, taken, what came straight. ARGV: seconds that a generation is remembered.
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
if status ~= 'ACTIVE' then return 'TERMINATED' end
local generation = redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[4])
local places = redis.call('HKEYS', KEYS[3])
table.insert(places, 1, tostring(generation))
return places
