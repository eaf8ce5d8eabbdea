-- KEYS[1] the names of all lists; ARGV[1] prefix of lanes, ARGV[2] prefix of turns, then the lists that are asked
-- for; without any all are.
-- Answers with three values for each list: its name, how many elements wait, on how many lanes.
local depths = {}
local lists = #ARGV > 2 and {unpack(ARGV, 3)} or redis.call('SMEMBERS', KEYS[1])
for _, list in ipairs(lists) do
    local seen, elements, lanes = {}, 0, 0
    for _, turn in ipairs(redis.call('LRANGE', ARGV[2] .. list, 0, -1)) do
        local lane = lane_of(turn)
        if not seen[lane] then
            seen[lane], lanes = true, lanes + 1
            elements = elements + redis.call('LLEN', lane_key(lane, list))
        end
    end
    depths[#depths + 1] = {list, elements, lanes}
end
return depths
