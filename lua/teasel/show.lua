-- How a tensor looks in a REPL: its shape, and as much of it as is good to read.

local core = require "teasel.core"

local MAXROWS, MAXCOLUMNS = 10, 10

local function number(v)
  if v ~= v then return "nan" end
  if v == math.floor(v) and math.abs(v) < 1e6 then return ("%d"):format(v) end
  return ("%.4g"):format(v)
end

-- the first items of a row of n
local function row(items, n)
  local shown = {}
  for i = 1, math.min(n, MAXCOLUMNS) do shown[i] = (" %9s"):format(number(items[i])) end
  if n > MAXCOLUMNS then shown[#shown + 1] = "  ..." end
  return table.concat(shown)
end

local function summary(x)
  local lo, hi = x:min():item(), x:max():item()
  local head = x:head(4)
  for i, v in ipairs(head) do head[i] = number(v) end
  return ("%s ...  (min %s, mean %s, max %s)"):format(table.concat(head, " "), number(lo),
    number(x:mean():item()), number(hi))
end

return function(x)
  if not pcall(x.size, x) then return "released tensor" end
  local shape = x:shape()
  if #shape == 0 then return number(x:item()) end
  local title = "tensor [" .. table.concat(shape, " ") .. "]"
  if x:size() == 0 then return title end
  x = core.grad.constant(x)
  if #shape > 2 or shape[1] > MAXROWS and #shape == 2 then return title .. " " .. summary(x) end
  if #shape == 1 then
    if shape[1] > MAXCOLUMNS then return title .. " " .. summary(x) end
    return title .. row(x:head(MAXCOLUMNS), shape[1])
  end
  local lines = {title}
  for i = 1, shape[1] do lines[i + 1] = row(x[i]:head(MAXCOLUMNS), shape[2]) end
  return table.concat(lines, "\n")
end
