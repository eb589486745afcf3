-- Makes a mailbox, or leaves one as it is that is there already. What an agent is found by is what
-- was said last.
-- KEYS: status, agent, sets that it is in, name.
-- ARGV: classes with commas between, or nothing; number; start of class keys; seconds that the
-- mailbox lives without a sign of life, or 0 for ever; name or nothing; sets that it is to be in.
local status = redis.call('GET', KEYS[1])
if status and status ~= 'ACTIVE' then return 'TERMINATED' end
if ARGV[4] == '0' then
  redis.call('SET', KEYS[1], 'ACTIVE')
else
  redis.call('SET', KEYS[1], 'ACTIVE', 'EX', ARGV[4])
end
if ARGV[1] == '' then return 'OK' end
local former = redis.call('GET', KEYS[2])
if former and former ~= ARGV[1] then
  for class in string.gmatch(former, '[^,]+') do
    redis.call('SREM', ARGV[3] .. class, ARGV[2])
  end
end
redis.call('SET', KEYS[2], ARGV[1])
for class in string.gmatch(ARGV[1], '[^,]+') do
  redis.call('SADD', ARGV[3] .. class, ARGV[2])
end
for _, set in ipairs(redis.call('SMEMBERS', KEYS[3])) do redis.call('SREM', set, ARGV[2]) end
redis.call('DEL', KEYS[3], KEYS[4])
if ARGV[5] ~= '' then redis.call('SET', KEYS[4], ARGV[5]) end
for index = 6, #ARGV do
  redis.call('SADD', ARGV[index], ARGV[2])
  redis.call('SADD', KEYS[3], ARGV[index])
end
return 'OK'
