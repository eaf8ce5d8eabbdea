-- KEYS[1] processing list, KEYS[2] list; ARGV: what goes back to the head, in order.
-- What is not in the processing list any more was given back by somebody else.
for i = #ARGV, 1, -1 do
    if redis.call('LREM', KEYS[1], -1, ARGV[i]) == 1 then
        redis.call('LPUSH', KEYS[2], ARGV[i])
    end
end
return 0
