-- KEYS[1] list, KEYS[2] processing list, KEYS[3] names of the taker's lists
-- ARGV[1] how many more, ARGV[2] name of the list
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('PERSIST', KEYS[3])
local taken = {}
for i = 1, tonumber(ARGV[1]) do
    local element = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
    if not element then
        break
    end
    taken[i] = element
end
return taken
