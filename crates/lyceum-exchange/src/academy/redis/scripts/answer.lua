-- Puts the answer to a request into a mailbox, once.
-- KEYS: status and queue of the mailbox, request, completions of the sender, generation of the
-- sender, what the sender took, stored answer.
-- ARGV: message, generation of the sender or nothing, place among what it took or nothing, 1 if
-- only what was asked is answered, seconds that the answer is kept or 0, seconds that counters live.
if ARGV[2] ~= '' then
  local generation = redis.call('GET', KEYS[5])
  if not generation then return 'LOST' end
  if generation ~= ARGV[2] then return 'STALE' end
end
if ARGV[3] ~= '' then redis.call('HDEL', KEYS[6], ARGV[3]) end
local asked = redis.call('DEL', KEYS[3])
if asked == 1 and redis.call('INCR', KEYS[4]) == 1 then
  redis.call('EXPIRE', KEYS[4], ARGV[6])
end
if asked == 0 and ARGV[4] == '1' then return 'UNASKED' end
if ARGV[5] ~= '0' then redis.call('SET', KEYS[7], ARGV[1], 'EX', ARGV[5]) end
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
if status ~= 'ACTIVE' then return 'TERMINATED' end
if redis.call('RPUSH', KEYS[2], ARGV[1]) == 1 then
  -- The mailbox of a program lives no longer than it was said to.
  local left = redis.call('TTL', KEYS[1])
  if left > 0 then redis.call('EXPIRE', KEYS[2], left) end
end
return 'OK'
