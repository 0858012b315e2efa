#!lua flags=allow-oom
-- Softly holds whole baskets, one after the other, each completely or not at all.
-- KEYS: stock, reserved and version of each product. ARGV: per basket the number of its lines, per line the product's place
-- and the quantity. Answers {per basket: 0 held, -1 a product is unknown, n the n-th line is short; per product its version}.
-- May run without memory: it changes numbers that are there and adds nothing.
local function whole(text)
  if text and #text <= 15 and string.find(text, '^-?%d+$') then return tonumber(text) end
  return nil
end

local values = {}
for from = 1, #KEYS, 3000 do
  for place, value in ipairs(redis.call('MGET', unpack(KEYS, from, math.min(from + 2999, #KEYS)))) do
    values[from + place - 1] = value
  end
end

local stock, version, held = {}, {}, {}
for product = 1, #KEYS / 3 do
  local at = product * 3
  version[product] = values[at] or ''
  held[product] = 0
  if whole(values[at - 1]) and string.find(version[product], '^%d+:%d+$') then
    stock[product] = whole(values[at - 2])
  end
end

local function take(product, quantity)
  stock[product] = stock[product] - quantity
  held[product] = held[product] + quantity
end

local answers, at = {}, 1
while ARGV[at] do
  local lines, answer, taken = tonumber(ARGV[at]), 0, {}
  for line = 1, lines do
    local product, quantity = tonumber(ARGV[at + line * 2 - 1]), tonumber(ARGV[at + line * 2])
    if not stock[product] then
      answer = -1
    elseif stock[product] < quantity then
      answer = line
      break
    else
      take(product, quantity)
      taken[#taken + 1] = { product, quantity }
    end
  end
  if answer ~= 0 then
    for _, line in ipairs(taken) do take(line[1], -line[2]) end
  end
  answers[#answers + 1] = answer
  at = at + lines * 2 + 1
end

for product, quantity in ipairs(held) do
  if quantity > 0 then
    redis.call('DECRBY', KEYS[product * 3 - 2], quantity)
    redis.call('INCRBY', KEYS[product * 3 - 1], quantity)
  end
end
return { answers, version }
