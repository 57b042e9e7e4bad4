-- A long computation beside the serving, which is of one thread: it stops again and again, and goes
-- on when there is time.
--
--   local t = task.new(function(tick)        -- tick(done, of): may stop here, is so far
--     for i = 1, 500 do tick(i - 1, 500) ... end
--     return value
--   end)
--   while t:work(0.02) do ... end            -- at least from one stop to the next, and so long
--   t:result()                               -- value; before the end nil, done, of
--
-- An error of the computation is one of result.

local core = require "teasel.core"

local now = core.system.now
local task = {}

local Task = {}
Task.__index = Task

function task.new(f)
  return setmetatable({done = 0, of = 1,
    thread = coroutine.create(function() return f(coroutine.yield) end)}, Task)
end

-- is_open() -> whether there is more to do
function Task:is_open() return self.thread ~= nil end

-- work(seconds) -> whether there is more to do
function Task:work(seconds)
  local stop = now() + seconds
  while self.thread do
    local fine, done, of = coroutine.resume(self.thread)
    if coroutine.status(self.thread) == "dead" then
      self.thread = nil
      if fine then self.value = done else self.problem = done end
    else
      self.done, self.of = done, of
    end
    if now() >= stop then break end
  end
  return self:is_open()
end

function Task:result()
  if self.problem then error(self.problem, 0) end
  if self.thread then return nil, self.done, self.of end
  return self.value
end

return task
