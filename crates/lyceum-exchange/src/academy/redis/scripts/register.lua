-- Makes a mailbox, or leaves one as it is that is there already.
-- KEYS: status, agent. ARGV: classes with commas between, or nothing; number; start of class keys;
-- seconds that the mailbox lives without a sign of life, or 0 for ever.
local status = redis.call('GET', KEYS[1])
if status and status ~= 'ACTIVE' then return 'TERMINATED' end
if ARGV[4] == '0' then
  redis.call('SET', KEYS[1], 'ACTIVE')
else
  redis.call('SET', KEYS[1], 'ACTIVE', 'EX', ARGV[4])
end
if ARGV[1] ~= '' then
  redis.call('SET', KEYS[2], ARGV[1])
  for class in string.gmatch(ARGV[1], '[^,]+') do
    redis.call('SADD', ARGV[3] .. class, ARGV[2])
  end
end
return 'OK'
