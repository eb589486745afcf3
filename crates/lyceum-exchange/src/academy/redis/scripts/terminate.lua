-- Ends a mailbox for good. Returns whether no holder of ours ever had it, and the tags of what was
-- in it: the first in a message, whose texts cannot have a quote that is none.
-- KEYS: status, queue, agent, generation, taken, sets that it is in, name, what came straight.
-- ARGV: number, start of class keys, generation of
-- the holder or nothing, seconds that the end is remembered.
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
local generation = redis.call('GET', KEYS[4])
if ARGV[3] ~= '' and generation and generation ~= ARGV[3] then return 'STALE' end
local result = { generation and '0' or '1' }
if status ~= 'ACTIVE' then return result end
redis.call('SET', KEYS[1], 'INACTIVE', 'EX', ARGV[4])
local function note(message)
  local tag = string.match(message, '"tag" *: *"([%x-]+)"')
  if tag then result[#result + 1] = tag end
end
for _, message in ipairs(redis.call('HVALS', KEYS[5])) do note(message) end
for _, message in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do note(message) end
redis.call('DEL', KEYS[2], KEYS[5])
redis.call('RPUSH', KEYS[2], '<CLOSED>')
redis.call('EXPIRE', KEYS[2], ARGV[4])
local classes = redis.call('GET', KEYS[3])
if classes then
  for class in string.gmatch(classes, '[^,]+') do
    redis.call('SREM', ARGV[2] .. class, ARGV[1])
  end
  redis.call('DEL', KEYS[3])
end
for _, set in ipairs(redis.call('SMEMBERS', KEYS[6])) do redis.call('SREM', set, ARGV[1]) end
redis.call('DEL', KEYS[6], KEYS[7], KEYS[8])
return result
