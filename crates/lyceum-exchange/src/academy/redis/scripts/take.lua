-- Takes what waits in a mailbox. What the holder of a generation takes is kept until it is done.
-- KEYS: status, queue, generation, taken.
-- ARGV: generation or nothing, messages at most, bytes at most, number of the first message, places
-- of what is done.
local held = ARGV[1] ~= ''
if held then
  local generation = redis.call('GET', KEYS[3])
  if not generation then return 'MISSING' end
  if generation ~= ARGV[1] then return 'STALE' end
end
if #ARGV > 4 then redis.call('HDEL', KEYS[4], unpack(ARGV, 5)) end
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
if status ~= 'ACTIVE' then return 'TERMINATED' end
local messages, bytes, number = {}, 0, tonumber(ARGV[4])
while #messages < tonumber(ARGV[2]) and bytes < tonumber(ARGV[3]) do
  local message = redis.call('LPOP', KEYS[2])
  if not message then break end
  if held then
    redis.call('HSET', KEYS[4], ARGV[1] .. ':' .. string.format('%.0f', number) .. ':1', message)
  end
  number = number + 1
  bytes = bytes + #message
  messages[#messages + 1] = message
end
return messages
