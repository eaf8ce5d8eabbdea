-- KEYS[1] the taker's lists, each with its connection
-- ARGV[1] prefix of lanes, ARGV[2] prefix of turns, ARGV[3] prefix of the taker's processing lists,
-- then pairs of list and connection as they were before the connections were cut.
-- A list with another connection by now is the affair of a taker that came back.
local given = 0
for i = 4, #ARGV, 2 do
    local list, processing = ARGV[i], ARGV[3] .. ARGV[i]
    if redis.call('HGET', KEYS[1], list) == ARGV[i + 1] then
        given = given + put_back(redis.call('LRANGE', processing, 0, -1), ARGV[2] .. list, list)
        redis.call('DEL', processing)
        redis.call('HDEL', KEYS[1], list)
    end
end
return given
