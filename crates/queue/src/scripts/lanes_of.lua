-- KEYS[1] the names of all lists; ARGV[1] prefix of lanes, ARGV[2] prefix of turns.
-- Answers with a value for each list, empty ones included: its name, and for each lane that holds anything its name, how
-- many elements it holds, and the entry at its head.
local found = {}
for _, list in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local seen, lanes = {}, {}
    for _, turn in ipairs(redis.call('LRANGE', ARGV[2] .. list, 0, -1)) do
        local lane = lane_of(turn)
        local head = not seen[lane] and redis.call('LINDEX', lane_key(lane, list), 0)
        seen[lane] = true
        if head then
            lanes[#lanes + 1] = {lane, redis.call('LLEN', lane_key(lane, list)), head}
        end
    end
    found[#found + 1] = {list, lanes}
end
return found
