-- Returns what passed through a mailbox: what waits, what is being done (-1 if that is not known),
-- what was answered, what went out.
-- KEYS: status, queue, generation, taken, completions, outgoing, what came straight.
if redis.call('EXISTS', KEYS[1]) == 0 then return 'MISSING' end
local taken = redis.call('EXISTS', KEYS[3]) == 1 and redis.call('HLEN', KEYS[4]) or -1
if taken >= 0 then taken = taken + tonumber(redis.call('GET', KEYS[7]) or 0) end
return {
  redis.call('LLEN', KEYS[2]), taken,
  tonumber(redis.call('GET', KEYS[5]) or 0), tonumber(redis.call('GET', KEYS[6]) or 0),
}
