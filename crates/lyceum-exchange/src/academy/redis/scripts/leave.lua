-- Leaves a mailbox: what was taken and not looked at waits again, in its order.
-- KEYS: generation, taken, queue. ARGV: generation, places of what was looked at.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'STALE' end
redis.call('INCR', KEYS[1])
local kept = {}
for index = 2, #ARGV do kept[ARGV[index]] = true end
local untouched = {}
for _, place in ipairs(redis.call('HKEYS', KEYS[2])) do
  local generation, number, attempt = string.match(place, '^(%d+):(%d+):(%d+)$')
  if generation == ARGV[1] and attempt == '1' and not kept[place] then
    untouched[#untouched + 1] = { tonumber(number), place }
  end
end
table.sort(untouched, function(one, other) return one[1] > other[1] end)
for _, pair in ipairs(untouched) do
  redis.call('LPUSH', KEYS[3], redis.call('HGET', KEYS[2], pair[2]))
  redis.call('HDEL', KEYS[2], pair[2])
end
return 'OK'
