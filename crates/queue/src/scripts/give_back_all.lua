-- KEYS[1] names of the lists that the taker takes from
-- ARGV[1] prefix of lists, ARGV[2] prefix of the taker's processing lists
-- The names stay for a while: a taker that was believed dead may go on.
local given = 0
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    while redis.call('LMOVE', ARGV[2] .. name, ARGV[1] .. name, 'RIGHT', 'LEFT') do
        given = given + 1
    end
end
redis.call('EXPIRE', KEYS[1], 86400)
return given
