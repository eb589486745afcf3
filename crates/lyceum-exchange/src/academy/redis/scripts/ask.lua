-- Puts a request into a mailbox.
-- KEYS: status and queue of the mailbox, request, outgoing of the sender, generation of the sender,
-- stored answer, queue of the sender.
-- ARGV: header, message, messages that may wait, seconds that a request is remembered, generation
-- of the sender or nothing, 1 if it is durable, seconds that counters live.
if ARGV[5] ~= '' then
  local generation = redis.call('GET', KEYS[5])
  if not generation then return 'LOST' end
  if generation ~= ARGV[5] then return 'STALE' end
end
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
if status ~= 'ACTIVE' then return 'TERMINATED' end
if ARGV[6] == '1' then
  local answer = redis.call('GET', KEYS[6])
  if answer then
    redis.call('RPUSH', KEYS[7], answer)
    return 'OK'
  end
  if redis.call('EXISTS', KEYS[3]) == 1 then return 'OK' end
end
if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[3]) then return 'FULL' end
redis.call('SET', KEYS[3], ARGV[1], 'EX', ARGV[4])
if redis.call('INCR', KEYS[4]) == 1 then redis.call('EXPIRE', KEYS[4], ARGV[7]) end
redis.call('RPUSH', KEYS[2], ARGV[2])
return 'OK'
