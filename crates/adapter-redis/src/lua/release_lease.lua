#!lua flags=allow-oom
-- Gives a lease back, if it is still this holder's. KEYS: the lease. ARGV: holder.
if redis.call('MGET', KEYS[1])[1] == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
