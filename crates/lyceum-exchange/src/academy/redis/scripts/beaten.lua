-- Returns how many seconds ago the holder of a mailbox said that it is alive, as a text.
-- KEYS: status, heartbeat.
local status = redis.call('GET', KEYS[1])
if not status then return 'MISSING' end
if status ~= 'ACTIVE' then return 'TERMINATED' end
local beat = tonumber(redis.call('GET', KEYS[2]) or '')
if not beat then return false end
local time = redis.call('TIME')
return { string.format('%.6f', time[1] + time[2] / 1000000 - beat) }
