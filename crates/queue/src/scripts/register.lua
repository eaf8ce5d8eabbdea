-- KEYS[1] says that the taker is retired, KEYS[2] its lists; ARGV[1] list, ARGV[2] connection
if redis.call('EXISTS', KEYS[1]) == 1 then
    return 0
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
