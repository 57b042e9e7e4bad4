-- build/teasel explore RUN [RUN ...]: trained models by hand, on a page in the browser: sliders for
-- every latent, images to begin at, traversals, samples, swaps, a map of the codes, scores and
-- curves, two runs side by side. Prints the page's address, opens it where it can, and serves it
-- until Ctrl-C.
--
--   --watch         follows a training: the newest checkpoint and the log, as they come
--   --port 0        of the address; 0: any that is free
--   --host NAME     the address that it listens at (127.0.0.1, which only this machine reaches).
--                   With any other, 0.0.0.0 for all that the machine has, the page asks for the
--                   token that the printed address holds; what is sent can be read on the way
--   --open false    leaves the browser alone
--   --trust         opens runs that were not made by this user on this machine without asking

local command = require "teasel.run.command"
local core = require "teasel.core"
local names = require "teasel.tool.repl.names"
local options = require "teasel.options"
local unique = require "teasel.lib.unique"

local file, system = core.file, core.system
local tool = {}

local OPTIONS = {watch = false, port = 0, host = "127.0.0.1", open = true, trust = false,
  help = false}
local WAIT = 0.5    -- seconds until Ctrl-C is seen
local SLICE = 0.02  -- of what takes long, between two answers

local TYPES = {html = "text/html; charset=utf-8", css = "text/css; charset=utf-8",
  js = "text/javascript; charset=utf-8"}

-- pages() -> the page's files by their paths, as the server lists them
function tool.pages()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)explore%.lua$" .. "explorer/"
  local list = {}
  for _, name in ipairs(assert(system.list(folder))) do
    local kind = TYPES[name:match "%.(%l+)$"]
    if kind then
      list[name == "page.html" and "/" or "/" .. name] = {kind, assert(file.read(folder .. name))}
    end
  end
  return list
end

local function open_browser(address)
  if not (os.getenv "DISPLAY" or os.getenv "WAYLAND_DISPLAY") then return end
  os.execute(("command -v xdg-open > /dev/null && xdg-open '%s' > /dev/null 2>&1 &"):format(
    address))
end

-- serve(subjects, options) -> a server of the page for these runs (teasel.tool.explorer.subject);
-- nil, message
function tool.serve(subjects, o)
  local server = require "teasel.tool.explorer.server"
  local question = require "teasel.tool.explorer.question"
  local own = o.host == "127.0.0.1" or o.host == "localhost"
  return server.new{files = tool.pages(), answer = question.answers(subjects, {watch = o.watch}),
    host = o.host, port = o.port, token = not own and unique() or nil}
end

-- step(server, subjects): answers what has come, and does a part of what was asked and takes long
function tool.step(server, subjects)
  local busy = false
  for _, s in ipairs(subjects) do busy = s:work(SLICE) or busy end
  server:step(busy and 0 or WAIT)
end

-- main(words): what `build/teasel explore WORDS` does
function tool.main(words)
  local dirs, rest = command.front(words)
  local given = command.typed(rest, OPTIONS)
  if given.help then return command.show_head "explore" end
  local o = options.read("explore", given, OPTIONS)
  if #dirs == 0 then command.fail "got no runs, wanted: explore RUN [RUN ...], or --help" end
  if o.port < 0 or o.port > 65535 then
    command.fail("option --port: got %d, wanted 0..65535", o.port)
  end
  if not pcall(require, "socket") then
    command.fail "explore: lua-socket is not installed (make deps, or apt-get install lua-socket)"
  end
  local subject = require "teasel.tool.explorer.subject"
  local open, subjects = names.strange(names.terminal(), o.trust), {}
  for i, dir in ipairs(dirs) do
    local run, message = open(dir)
    if not run then command.fail("explore: %s", message) end
    if not run.view then command.fail("explore: %s: its script gives no view", dir) end
    subjects[i] = subject.new(run)
  end
  local server, message = tool.serve(subjects, o)
  if not server then command.fail("explore: %s", message) end
  print(server.address .. "   (Ctrl-C ends)")
  io.flush()
  if o.open then open_browser(server.address) end
  system.catch(true)
  while not system.caught() do tool.step(server, subjects) end
  server:close()
end

if ... ~= "teasel.tool.explore" then command.attempt(tool.main, arg) end

return tool
