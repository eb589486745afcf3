-- Keeps a message that was given up. If there are too many of them, the oldest one goes.
-- KEYS: dead letters, their numbers, the last number. ARGV: deliveries, message, letters at most.
local number = redis.call('INCR', KEYS[3])
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], number, at .. ' ' .. ARGV[1] .. ' ' .. ARGV[2])
redis.call('RPUSH', KEYS[2], number)
while redis.call('LLEN', KEYS[2]) > tonumber(ARGV[3]) do
  redis.call('HDEL', KEYS[1], redis.call('LPOP', KEYS[2]))
end
return 'OK'
