-- KEYS[1] epoch; ARGV[1] prefix of lanes, ARGV[2] prefix of turns, ARGV[3] the epoch that is
-- expected; then groups: list, lane, how many elements, the elements.
-- In another life of Redis nothing is pushed: whoever pushes has to start over.
if redis.call('GET', KEYS[1]) ~= ARGV[3] then
    return 0
end
local i = 4
while i <= #ARGV do
    local list, lane, count = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
    local entries = {}
    for k = 1, count do
        entries[k] = lane .. ' ' .. ARGV[i + 2 + k]
    end
    if redis.call('RPUSH', lane_key(lane, list), unpack(entries)) == count then
        redis.call('RPUSH', ARGV[2] .. list, lane)
    end
    i = i + 3 + count
end
return 1
