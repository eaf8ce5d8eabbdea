-- KEYS[1] epoch, KEYS[2] the epoch that was told; ARGV[1] the epoch that was told just now
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[2], ARGV[1])
return 1
