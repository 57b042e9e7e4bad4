-- build/teasel kernel FILE: the kernel of a notebook (Jupyter's protocol 5.3); FILE is the
-- connection that Jupyter wrote. `make notebook` starts Jupyter with it.
--
--   T is at hand, and all that the REPL has: ? name, ?? words, who(), time(f), open "runs/demo".
--   The value of a cell's last line is shown, unless it ends with `;`: images and charts as
--   pictures, tables as tables. show(images), plot{y = list}, animate(images) and display(v) show
--   in between; display(v, "id") again with the same id changes what was shown. r:sliders() moves
--   the latents of a run. A `local` of a cell is there in the next one, too. Stop ends what is at
--   work.

local chunk = require "teasel.tool.repl.chunk"
local command = require "teasel.run.command"
local complete = require "teasel.tool.repl.complete"
local core = require "teasel.core"
local display = require "teasel.tool.kernel.display"
local fail = require "teasel.lib.fail"
local help = require "teasel.tool.help"
local json = require "teasel.lib.json"
local message = require "teasel.tool.kernel.message"
local names = require "teasel.tool.kernel.names"
local output = require "teasel.tool.kernel.output"
local script = require "teasel.run.script"
local session = require "teasel.tool.repl.session"
local slider = require "teasel.tool.kernel.slider"
local terminal = require "teasel.tool.repl.terminal"

local kernel = {}

local WAIT, QUEUED = 1000, 10   -- milliseconds for a message; for cells behind one that failed

local INFO = {status = "ok", protocol_version = message.VERSION, implementation = "teasel",
  implementation_version = core.version, banner = "teasel: T is at hand, ? name tells of a name",
  debugger = false, help_links = message.list{},
  language_info = {name = "lua", version = "5.4", mimetype = "text/x-lua", file_extension = ".lua",
    pygments_lexer = "lua", codemirror_mode = "lua"}}

local on = {}   -- on[type of a request](kernel, message) -> type of the reply, its content

-- what a number of characters is in bytes, and back
local function to_bytes(text, characters)
  return (utf8.offset(text, characters + 1) or #text + 1) - 1
end

local function to_characters(text, bytes) return utf8.len(text, 1, bytes, true) or bytes end

-- -- execution ------------------------------------------------------------------------------------

-- The texts of the errors that a page shows in a frame of its own.
local function failed(k, text)
  local lines = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  local said = {ename = "error", evalue = lines[1], traceback = message.list(lines)}
  if not k.silent then k.publish("error", said) end
  said.status, said.execution_count = "error", k.count
  return said
end

-- what is shown of a cell's values: of one its pictures too
local function bundle_of(k, result)
  local v = result.values and result.values.n == 1 and result.values[1]
  local bundle = v and not k.seen[v] and display.bundle(v) or {}
  bundle["text/plain"] = bundle["text/plain"] or result.text
  return bundle
end

-- the values of expressions by their names, each as a bundle or an error
local function expressions(k, wanted)
  local found = {}
  for name, text in pairs(wanted or {}) do
    local f, problem = load("return " .. tostring(text), "=" .. name, "t", k.session.env)
    local ok, v = pcall(f or error, not f and problem or nil)
    found[name] = ok and {status = "ok", data = display.whole(v), metadata = {}}
      or {status = "error", ename = "error", evalue = tostring(v), traceback = message.list{}}
  end
  return found
end

function on.execute_request(k, m)
  local c = m.content
  local code = tostring(c.code)
  k.silent = c.silent == true
  if not k.silent then
    if c.store_history ~= false then
      k.count = k.count + 1
      k.history[#k.history + 1] = {k.count, code}
    end
    k.publish("execute_input", {code = code, execution_count = k.count})
  end
  k.session.number, k.may_ask = k.count - 1, c.allow_stdin == true
  local ok, result = terminal.interruptible(function() return k.session:run(code) end)
  if not ok then result = {ok = false, message = tostring(result)} end
  if result.incomplete then
    result = {ok = false, message = select(2, load(code, "=[" .. k.count .. "]", "t"))}
  end
  k.out:flush()
  if not result.ok then return "execute_reply", failed(k, result.message) end
  if result.text and not k.silent then
    local shown, bundle = pcall(bundle_of, k, result)
    if not shown then return "execute_reply", failed(k, tostring(bundle)) end
    k.publish("execute_result", {execution_count = k.count, data = bundle, metadata = {}})
  end
  return "execute_reply", {status = "ok", execution_count = k.count, payload = message.list{},
    user_expressions = expressions(k, c.user_expressions)}
end

-- -- what a page asks while a cell is written -----------------------------------------------------

function on.complete_request(k, m)
  local code, at = tostring(m.content.code), math.tointeger(m.content.cursor_pos) or 0
  local cursor = to_bytes(code, at)
  local matches, first = complete(code, cursor, k.session.env)
  return "complete_reply", {status = "ok", matches = message.list(matches), metadata = {},
    cursor_start = to_characters(code, first - 1), cursor_end = at}
end

-- the name at a place of the code, or the function whose arguments are typed there
local function name_at(code, cursor)
  local head, tail = code:sub(1, cursor), code:sub(cursor + 1)
  local name = (head:match "[%w_.:]*$") .. tail:match "^[%w_]*"
  if name == "" then name = head:match "([%a_][%w_.:]*)%s*[({][^(){}]*$" or "" end
  return name
end

function on.inspect_request(_, m)
  local code = tostring(m.content.code)
  local name = name_at(code, to_bytes(code, math.tointeger(m.content.cursor_pos) or 0))
  local found, text = pcall(help, name)
  found = found and name ~= ""
  return "inspect_reply", {status = "ok", found = found, metadata = {},
    data = found and {["text/plain"] = text} or {}}
end

local STATUS = {chunk = "complete", empty = "complete", help = "complete", search = "complete",
  incomplete = "incomplete", wrong = "invalid"}

function on.is_complete_request(k, m)
  local status = STATUS[chunk.read(tostring(m.content.code), "=cell", k.session.env).kind]
  return "is_complete_reply", {status = status, indent = status == "incomplete" and "  " or nil}
end

-- the pattern of a text in which * and ? stand for any
local function glob(text)
  return "^" .. text:gsub("[^%w*?]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

function on.history_request(k, m)
  local c, list, seen = m.content, message.list{}, {}
  local is_range, n = c.hist_access_type == "range", math.tointeger(c.n) or #k.history
  local first, stop = math.tointeger(c.start) or 0, math.tointeger(c.stop) or math.maxinteger
  local pattern = glob(c.hist_access_type == "search" and tostring(c.pattern or "*") or "*")
  for i = #k.history, 1, -1 do
    local number, code = table.unpack(k.history[i])
    local fits = is_range and number >= first and number < stop
      or not is_range and #list < n and code:find(pattern)
    if fits and not (c.unique == true and seen[code]) then
      seen[code] = true
      local said = c.output == true and message.list{code, json.null} or code
      table.insert(list, 1, message.list{0, number, said})
    end
  end
  return "history_reply", {status = "ok", history = list}
end

-- -- the rest -------------------------------------------------------------------------------------

function on.kernel_info_request() return "kernel_info_reply", INFO end

function on.comm_info_request(k, m)
  local wanted, comms = m.content.target_name, {}
  for id, comm in pairs(k.board:comms()) do
    if wanted == nil or wanted == json.null or wanted == comm.target_name then comms[id] = comm end
  end
  return "comm_info_reply", {status = "ok", comms = comms}
end

function on.comm_open(k, m)
  if not k.board:greeted(m.content) then
    k.publish("comm_close", {comm_id = m.content.comm_id, data = {}})
  end
end

function on.comm_msg(k, m)
  local ok, problem = terminal.interruptible(function() k.board:heard(m.content) end)
  if not ok then k.out:write("stderr", tostring(problem) .. "\n") end
end

function on.comm_close(k, m) k.board:closed(m.content.comm_id) end

function on.interrupt_request() return "interrupt_reply", {status = "ok"} end

function on.shutdown_request(k, m)
  k.done = true
  return "shutdown_reply", {status = "ok", restart = m.content.restart == true}
end

-- Answers one message with the type and the content that f(kernel, message) gives; returns these.
local function answer(k, m, f)
  k.parent = m
  k.publish("status", {execution_state = "busy"})
  local ok, kind, content = pcall(f, k, m)
  if not ok then   -- a request of another form than it should have
    kind, content = m.type:gsub("_request$", "_reply"), {status = "error", ename = "error",
      evalue = tostring(kind), traceback = message.list{}}
  end
  k.out:flush()
  if kind then k.line:reply(m, kind, content) end
  k.publish("status", {execution_state = "idle"})
  return content
end

local function aborted(k)
  return "execute_reply", {status = "aborted", execution_count = k.count}
end

local Kernel = {}
Kernel.__index = Kernel

-- Cells that wait behind one that failed are not executed.
local function abort_queued(k)
  local m = k.line:receive(QUEUED)
  while m do
    if m.type == "execute_request" then answer(k, m, aborted) else k:handle(m) end
    m = not k.done and k.line:receive(QUEUED)
  end
end

-- Answers one message, where it is one that a kernel knows.
function Kernel:handle(m)
  if not on[m.type] then return end
  local content = answer(self, m, on[m.type])
  if m.type == "execute_request" and content.status == "error"
      and m.content.stop_on_error ~= false then
    abort_queued(self)
  end
end

-- A line that the user types into the page.
local function ask(k, prompt)
  if not k.may_ask then fail "io.read: this page takes no input" end
  k.out:flush()
  k.line:ask(k.parent, "input_request", {prompt = prompt, password = false})
  while true do
    local m = k.line:receive(WAIT, "stdin")
    if m and m.type == "input_reply" then return tostring(m.content.value) end
    if m and m.type == "shutdown_request" then os.exit(0, true) end
  end
end

-- new(connection) -> a kernel that listens; see message.connect
function kernel.new(connection)
  local k = setmetatable({line = message.connect(connection), count = 0, history = {}}, Kernel)
  function k.publish(...) k.line:publish(k.parent, ...) end
  local function asked(prompt) return ask(k, prompt) end
  k.out = output.new(k.publish, k.line.zmq)
  k.board = slider.board(k.publish)
  local more
  more, k.seen = names.of(k.out, k.board, asked)
  k.session = session.new{more = more, brief = k.seen,
    print = function(text) k.out:write("stdout", text .. "\n") end}
  script.typed(function() return k.session:history() end)
  k.out:catch(asked)
  terminal.follow_coroutines()
  core.system.interrupt(false)   -- between cells Ctrl-C ends nothing
  return k
end

-- Answers until a shutdown.
function Kernel:run()
  self.publish("status", {execution_state = "starting"})
  while not self.done do
    local m = self.line:receive(WAIT)
    if m then self:handle(m) end
  end
  self.line:close()
end

function kernel.main(words)
  if words[1] == "--help" then return command.show_head "kernel" end
  if #words ~= 1 or words[1]:find "^%-" then
    command.fail "kernel: wanted one file, the connection that Jupyter writes; see make notebook"
  end
  local text, problem = core.file.read(words[1])
  local connection = text and json.decode(text)
  if type(connection) ~= "table" then
    command.fail("kernel: %s: %s", words[1], problem or "no JSON")
  end
  kernel.new(connection):run()
end

if ... ~= "teasel.tool.kernel" then kernel.main(table.move(arg, 1, #arg, 1, {})) end

return kernel
