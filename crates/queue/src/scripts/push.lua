-- KEYS[1] epoch; ARGV[1] the epoch that is expected; then pairs of list key and element.
-- In another life of Redis nothing is pushed: whoever pushes has to start over.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
for i = 2, #ARGV, 2 do
    redis.call('RPUSH', ARGV[i], ARGV[i + 1])
end
return 1
