-- Goes before the scripts that move elements. A list consists of lanes, and of turns.
-- Each lane holds `lane element`, in order. The turns name each lane that holds anything, once, in
-- the order in which lanes are served. A turn that was taken and not used yet is in the taker's
-- processing list, so a lane that holds anything always has its turn somewhere. One too many is
-- harmless. A turn is `lane`, or `lane#left` if only so many elements are left of what it allows.

local function lane_key(lane, list)
    return ARGV[1] .. lane .. ':' .. list
end

local function lane_of(turn)
    return string.match(turn, '^[^#]+')
end

local function is_turn(entry)
    return not string.find(entry, ' ', 1, true)
end

-- Puts what was taken back where it was: elements at the heads of their lanes, in order; a turn
-- that was not used before all others. Answers with the number of elements.
local function put_back(entries, turns, list)
    local elements = 0
    for i = #entries, 1, -1 do
        local entry = entries[i]
        if not is_turn(entry) then
            local lane = string.match(entry, '^[^ ]+')
            if redis.call('LPUSH', lane_key(lane, list), entry) == 1 then
                redis.call('RPUSH', turns, lane)
            end
            elements = elements + 1
        elseif redis.call('EXISTS', lane_key(lane_of(entry), list)) == 1 then
            redis.call('LPUSH', turns, entry)
        end
    end
    return elements
end
