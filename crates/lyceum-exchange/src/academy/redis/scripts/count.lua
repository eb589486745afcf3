-- Returns what passed through a mailbox: what waits, what is being done (-1 if that is not known),
-- what was answered, what went out.
-- KEYS: status, queue, generation, taken, completions, outgoing.
if redis.call('EXISTS', KEYS[1]) == 0 then return 'MISSING' end
local taken = redis.call('EXISTS', KEYS[3]) == 1 and redis.call('HLEN', KEYS[4]) or -1
return {
  redis.call('LLEN', KEYS[2]), taken,
  tonumber(redis.call('GET', KEYS[5]) or 0), tonumber(redis.call('GET', KEYS[6]) or 0),
}
