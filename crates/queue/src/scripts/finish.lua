-- KEYS[1] processing list; ARGV[1] an element that was taken. Removes it, however often it was taken.
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if not is_turn(entry) and string.sub(entry, string.find(entry, ' ', 1, true) + 1) == ARGV[1] then
        redis.call('LREM', KEYS[1], 0, entry)
    end
end
return 1
