-- KEYS[1] turns, KEYS[2] the names of all lists; ARGV[1] prefix of lanes, ARGV[2] list
for _, turn in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    redis.call('DEL', lane_key(lane_of(turn), ARGV[2]))
end
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[2])
return 1
