-- The generic cell rate algorithm: the one number kept is the theoretical arrival time, in microseconds.
-- KEYS[1]; ARGV: limit, window in seconds (the burst is the limit). Returns whether the hit is allowed, how
-- many are left, and after how many microseconds to try again.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit = tonumber(ARGV[1])
local window = ARGV[2] * 1000000
local step = window / limit
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = arrival + step
if after - window > now then
  return { 0, 0, math.ceil(after - window - now) }
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return { 1, math.floor((window - (after - now)) / step), 0 }
