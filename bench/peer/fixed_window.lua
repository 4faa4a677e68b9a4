-- A fixed window as Redis users write it: count, and let the key expire with its window.
-- KEYS[1]; ARGV: limit, window in seconds. Returns whether the hit is allowed, and how many are left.
local count = redis.call('INCR', KEYS[1])
if count == 1 then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
local limit = tonumber(ARGV[1])
return { count <= limit and 1 or 0, math.max(limit - count, 0) }
