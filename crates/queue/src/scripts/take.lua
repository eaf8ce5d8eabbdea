-- KEYS[1] turns, KEYS[2] processing list, which ends with the turn that was taken just now;
-- ARGV[1] prefix of lanes, ARGV[2] list, ARGV[3] how many elements at most.
-- Lanes are served in the order of their turns, each up to its quantum, until there are enough
-- elements. A lane that is alone need not share. What is added comes before what is removed: in a
-- Redis without room the script fails before anything is gone.
local QUANTA = {['1'] = 4, ['2'] = 16, ['3'] = 64}
local CHUNK = 1000
local turns, processing, list, max = KEYS[1], KEYS[2], ARGV[2], tonumber(ARGV[3])
local taken = {}

-- Takes what the turn allows. Answers with the lane's next turn, if it still holds anything, and the
-- end of the turns where that belongs: a turn that was cut short goes on first next time.
local function serve(turn, others)
    local lane = lane_of(turn)
    local quantum = tonumber(string.sub(turn, #lane + 2)) or QUANTA[string.sub(lane, -1)] or 1
    local share = math.min(max - #taken, CHUNK)
    if others > 0 then
        share = math.min(share, quantum)
    end
    local key = lane_key(lane, list)
    -- One more tells whether the lane holds more.
    local entries = redis.call('LRANGE', key, 0, share)
    local holds_more = #entries > share
    if holds_more then
        table.remove(entries)
    end
    if #entries > 0 then
        redis.call('RPUSH', processing, unpack(entries))
        redis.call('LTRIM', key, #entries, -1)
        for _, entry in ipairs(entries) do
            taken[#taken + 1] = entry
        end
    end
    if not holds_more then
        return nil
    elseif others > 0 and share < quantum then
        return lane .. '#' .. (quantum - share), 'LPUSH'
    end
    return lane, 'RPUSH'
end

local turn = redis.call('LINDEX', processing, -1)
if not turn or not is_turn(turn) then
    return taken
end
local others = redis.call('LLEN', turns)
local again, push = serve(turn, others)
if again then
    redis.call(push, turns, again)
end
redis.call('LREM', processing, 1, turn)
while #taken < max and (again or others > 0) do
    turn = redis.call('LINDEX', turns, 0)
    if not turn then
        break
    end
    again, push = serve(turn, redis.call('LLEN', turns) - 1)
    redis.call('LPOP', turns)
    if again then
        redis.call(push, turns, again)
    end
end
return taken
