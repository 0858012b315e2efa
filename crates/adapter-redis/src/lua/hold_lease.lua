#!lua
-- Takes or renews a lease. KEYS: the lease. ARGV: holder, milliseconds. Answers 1 = held by this holder.
local holder = redis.call('MGET', KEYS[1])[1]
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
