-- Progress of a long loop: a bar that is drawn again on a terminal, a plain line every 30 seconds
-- elsewhere.

local core = require "teasel.core"

local system = core.system
local PLAIN_EVERY, BAR_EVERY = 30, 0.1   -- seconds

local function clock(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds >= 3600 then
    return ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
  end
  return ("%d:%02d"):format(seconds // 60, seconds % 60)
end

local function rate(per_second, what)
  if per_second >= 1 or per_second == 0 then return ("%.1f %s/s"):format(per_second, what) end
  return ("%.1f s each"):format(1 / per_second)
end

local Progress = {}
Progress.__index = Progress

-- as much of a line as there is room for: its items, two spaces apart, are shown whole or not
local function fitting(line, room)
  while #line > room and line:find "%S  +%S" do line = line:match "^(.*%S)  +%S" end
  return line:sub(1, room)
end

-- show(step, text): step of the total are done; the text goes to the end of the line, where items
-- that there is no room for are left out
function Progress:show(step, text, last)
  local now = system.now()
  if last and not self.columns and now - self.began < PLAIN_EVERY then return end
  if not last and now - self.shown < (self.columns and BAR_EVERY or PLAIN_EVERY) then return end
  self.shown = now
  local done = step - self.first
  local speed = done / math.max(now - self.began, 1e-9)
  local left = speed > 0 and clock((self.total - step) / speed) or "?"
  local line = ("%d/%d  %s  ETA %s  %s"):format(step, self.total, rate(speed, self.what), left,
    text)
  if not self.columns then
    io.stderr:write(line, "\n")
    return
  end
  local width = math.max(10, math.min(30, self.columns - #line - 4))
  local full = width * step // math.max(self.total, 1)
  line = ("[%s%s] %s"):format(("#"):rep(full), ("."):rep(width - full), line)
  io.stderr:write("\r", fitting(line, self.columns - 1), "\27[K", last and "\n" or "")
end

-- progress(total, first, what): a loop over `total` steps (or `what` they are) of which `first` are
-- done already
local function new(_, total, first, what)
  local now = system.now()
  return setmetatable({total = total, first = first or 0, what = what or "steps", began = now,
    shown = now, columns = system.terminal(2)}, Progress)
end

local progress = setmetatable({}, {__call = new})

-- watched(set) -> the same data set, whose `each` says how many images have been passed through; of
-- processes that share it the first one says so
function progress.watched(set)
  if core.shard.place() > 0 then return set end
  return setmetatable({each = function(_, n)
    local total, done, next, given = set:count(), 0, set:each(n), 0
    local shown = progress(total, 0, "images")
    return function()
      if given > 0 then   -- who comes again is done with what it got
        done = done + given
        shown:show(done, "represented", done == total)
      end
      local images, codes = next()
      given = images and #images or 0
      return images, codes
    end
  end, count = function() return set:count() end,
    factors = function() return set:factors() end,
    subset = function(_, index) return progress.watched(set:subset(index)) end}, {__index = set})
end

return progress
