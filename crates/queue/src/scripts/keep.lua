-- KEYS[1] turns, KEYS[2] processing list; ARGV[1] prefix of lanes, ARGV[2] list, ARGV[3] how many
-- elements stay taken: those behind them go back.
local kept = tonumber(ARGV[3])
put_back(redis.call('LRANGE', KEYS[2], kept, -1), KEYS[1], ARGV[2])
if kept == 0 then
    redis.call('DEL', KEYS[2])
else
    redis.call('LTRIM', KEYS[2], 0, kept - 1)
end
return 1
