-- Says that the holder of a mailbox is alive.
-- KEYS: status, heartbeat, generation, taken, queue, completions, outgoing. ARGV: generation or
-- nothing, seconds that a mailbox lives without a sign of life or 0, seconds that counters do.
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
if status ~= 'ACTIVE' then return 'TERMINATED' end
if ARGV[1] ~= '' then
  local generation = redis.call('GET', KEYS[3])
  if not generation then return 'LOST' end
  if generation ~= ARGV[1] then return 'STALE' end
end
local time = redis.call('TIME')
redis.call('SET', KEYS[2], string.format('%s.%06d', time[1], time[2]), 'EX', ARGV[3])
if ARGV[2] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  redis.call('EXPIRE', KEYS[5], ARGV[2])
  redis.call('EXPIRE', KEYS[4], ARGV[2])
end
redis.call('EXPIRE', KEYS[3], ARGV[3])
redis.call('EXPIRE', KEYS[6], ARGV[3])
redis.call('EXPIRE', KEYS[7], ARGV[3])
return 'OK'
