#!lua
-- Sets the counters to what the database says, except where they know something newer; an equal version overwrites.
-- KEYS: stock, reserved and version of each product. ARGV: seconds to live, then per product epoch, version, available, held.
-- Answers per product 1 = set, 0 = something newer is known.
local function fence(text)
  local epoch, version = string.match(text or '', '^(%d+):(%d+)$')
  if epoch and #epoch <= 15 and #version <= 15 then return tonumber(epoch), tonumber(version) end
  return -1, -1
end

local answers = {}
for product = 1, #KEYS / 3 do
  local key, arg = product * 3, product * 4 - 2
  local epoch, version = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  -- MGET says "nothing" where GET would fail on a key of another type.
  local known_epoch, known_version = fence(redis.call('MGET', KEYS[key])[1])
  if known_epoch > epoch or (known_epoch == epoch and known_version > version) then
    answers[product] = 0
  else
    redis.call('SET', KEYS[key - 2], ARGV[arg + 2], 'EX', ARGV[1])
    redis.call('SET', KEYS[key - 1], ARGV[arg + 3], 'EX', ARGV[1])
    redis.call('SET', KEYS[key], ARGV[arg] .. ':' .. ARGV[arg + 1], 'EX', ARGV[1])
    answers[product] = 1
  end
end
return answers
