-- KEYS[1] epoch, KEYS[2] the epoch that was told; ARGV[1] a word that nobody else has
-- An epoch begins with the run of the server that it belongs to: a Redis that comes back from a
-- file, or a replica that takes over, may have lost pushes although the key is still there.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') .. ':'
local epoch = redis.call('GET', KEYS[1])
if not epoch or string.sub(epoch, 1, #run) ~= run then
    epoch = run .. ARGV[1]
    redis.call('SET', KEYS[1], epoch)
end
local is_told = 0
if redis.call('GET', KEYS[2]) == epoch then
    is_told = 1
end
return {epoch, is_told}
