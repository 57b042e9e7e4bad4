-- build/teasel watch RUN [--terms loss,kl] [--every 2] [--once]: a training that another process is
-- at, as it goes: the last terms, their curves, and the newest of its figures of traversals. Reads
-- only the files of the run and executes nothing, so any run may be watched. Ends with the run's
-- last step, or at Ctrl-C.
--
--   --terms NAMES  the curves (default: the run's loss, or its first three terms)
--   --every 2      seconds between two looks
--   --once         one look, and the end

local command = require "teasel.run.command"
local core = require "teasel.core"
local directory = require "teasel.run.directory"
local json = require "dkjson"
local terms_of = require "teasel.run.terms"

local file, system = core.file, core.system
local tool = {}

local CLEAR = "\27[H\27[2J"

-- the names of the curves
local function chosen(last, terms)
  local list = {}
  for name in terms:gmatch "[^,]+" do
    if type(last[name]) ~= "number" then
      command.fail("--terms: got '%s', wanted some of: %s", name,
        table.concat(terms_of.numbers(last), ", "))
    end
    list[#list + 1] = name
  end
  if #list > 0 then return list end
  if last.loss then return {"loss"} end
  return table.move(terms_of.numbers(last), 1, 3, 1, {})
end

-- look(dir, terms) -> a line about the run, the series of its curves (nil before there are two
-- points), the path of its figure of traversals or nil, and whether it is at its end
function tool.look(dir, terms)
  local config = json.decode(file.read(dir .. "/config.json") or "") or {}
  local log = directory.log(dir)
  local last = log[#log]
  if not last then return dir .. ": no line in its log yet", nil, nil, false end
  local text = ("%s: step %d of %s, %.0f s\n%s"):format(dir, last.step, config.steps or "?",
    last.seconds or 0, terms_of.brief(last, ", "))
  local series
  if #log > 1 then
    series = {}
    for k, name in ipairs(chosen(last, terms or "")) do
      local x, y = {}, {}
      for i, entry in ipairs(log) do x[i], y[i] = entry.step, tonumber(entry[name]) or 0 / 0 end
      series[k] = {name = name, x = x, y = y}
    end
  end
  local figure = dir .. "/figures/traversal.png"
  return text, series, file.read(figure) and figure or nil, last.step == config.steps
end

-- main(words): what `build/teasel watch WORDS` does
function tool.main(words)
  if words[1] == "--help" then return command.show_head "watch" end
  local dir = words[1] and not words[1]:find "^%-%-" and table.remove(words, 1)
  local o = command.read(words, {terms = "", every = 2.0, once = false})
  if not dir then command.fail "watch: got no run, wanted: teasel watch RUN" end
  if not system.list(dir) then command.fail("watch: there is no folder %s", dir) end
  local show = require "teasel.tool.repl.show"
  local before, ended
  repeat
    local size = directory.log_bytes(dir)
    if size ~= before then
      before = size
      local text, series, figure
      text, series, figure, ended = tool.look(dir, o.terms)
      if not o.once and system.terminal(1) then io.write(CLEAR) end
      print(text)
      if series then show.plot{series = series, x = {label = "step"}} end
      if figure then show(figure) end
      io.flush()
    end
    if not (o.once or ended) then system.sleep(math.max(0.1, o.every)) end
  until o.once or ended
end

if ... ~= "teasel.tool.watch" then tool.main(arg) end

return tool
