-- Counts what passed through a mailbox without this server.
-- KEYS: generation, completions, outgoing, what is being done. ARGV: generation of the holder,
-- answered, sent, being done, seconds that counters live.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'STALE' end
for index = 2, 3 do
  if ARGV[index] ~= '0' then
    redis.call('INCRBY', KEYS[index], ARGV[index])
    redis.call('EXPIRE', KEYS[index], ARGV[5])
  end
end
if ARGV[4] == '0' then
  redis.call('DEL', KEYS[4])
else
  redis.call('SET', KEYS[4], ARGV[4], 'EX', ARGV[5])
end
return 'OK'
