-- KEYS[1] the taker's lists, each with its connection
-- ARGV[1] prefix of lists, ARGV[2] prefix of the taker's processing lists, then pairs of list
-- and connection as they were before the connections were cut.
-- A list with another connection by now is the affair of a taker that came back.
local given = 0
for i = 3, #ARGV, 2 do
    local name = ARGV[i]
    if redis.call('HGET', KEYS[1], name) == ARGV[i + 1] then
        while redis.call('LMOVE', ARGV[2] .. name, ARGV[1] .. name, 'RIGHT', 'LEFT') do
            given = given + 1
        end
        redis.call('HDEL', KEYS[1], name)
    end
end
return given
