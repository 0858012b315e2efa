#!lua flags=allow-oom
-- Takes back what admit.lua has held, unless a projection came in between: it has taken it back already.
-- KEYS: stock, reserved, version. ARGV: quantity, the version that admit.lua saw.
if redis.call('GET', KEYS[3]) == ARGV[2] then
  redis.call('INCRBY', KEYS[1], ARGV[1])
  redis.call('DECRBY', KEYS[2], ARGV[1])
end
return 0
