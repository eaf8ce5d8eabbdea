-- KEYS[1] turns, KEYS[2] processing list; ARGV[1] prefix of lanes, ARGV[2] list.
-- Answers with the elements that an earlier take left. A turn that it left is put back.
local left = {}
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if is_turn(entry) then
        put_back({entry}, KEYS[1], ARGV[2])
        redis.call('LREM', KEYS[2], 1, entry)
    else
        left[#left + 1] = entry
    end
end
return left
