-- KEYS[1] list, KEYS[2] processing list; ARGV[1] how many more
local taken = {}
for i = 1, tonumber(ARGV[1]) do
    local element = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
    if not element then
        break
    end
    taken[i] = element
end
return taken
