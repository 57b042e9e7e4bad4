-- The REPL at a pseudo terminal, which Debian's python3 plays the user of, and at a pipe.

local child = require "spec.child"
local json = require "dkjson"
local scratch = require "spec.scratch"

local root, folder = child.root, scratch.make()

local function write(name, text) return scratch.write(folder, name, text) end

local function read(name)
  local file = io.open(folder .. "/" .. name, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

local ENV = ("env -i PATH=/usr/bin:/bin HOME=%s TERM=xterm "):format(folder)

-- Types these steps, {"send", text} and so on, into build/teasel; returns what it wrote, status.
local function typed(steps, words, set)
  local lines = {}
  for i, step in ipairs(steps) do
    local rest = type(step[2]) == "string" and step[1] ~= "size" and json.encode(step[2]) or step[2]
    lines[i] = step[1] .. " " .. rest
  end
  local path = write("steps", table.concat(lines, "\n") .. "\n")
  local pipe = assert(io.popen(("%s %s /usr/bin/python3 %s/spec/user.py %s/build/teasel %s < %s")
    :format(ENV, set or "", root, root, words or "", path)))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  return text, status
end

-- the same, where each line is typed at a prompt, and Ctrl-D at the end; without escape codes
local function lines(list, words, set)
  local steps = {}
  for _, line in ipairs(list) do
    steps[#steps + 1] = {"wait", "> "}
    steps[#steps + 1] = {"send", line .. "\n"}
  end
  table.move({{"wait", "> "}, {"send", "\4"}}, 1, 2, #steps + 1, steps)
  local text, status = typed(steps, words, set)
  assert.are.equal(0, status, text)
  return (text:gsub("\27%[[%d;?]*%a", ""):gsub("\r", ""):gsub("\1", ""):gsub("\2", ""))
end

local function piped(text, words, set)
  local path = write("input", text)
  local pipe = assert(io.popen(("%s %s %s/build/teasel %s < %s 2>&1"):format(ENV, set or "", root,
    words or "repl", path)))
  local out = pipe:read "a"
  local _, _, status = pipe:close()
  return out, status
end

local python = os.execute "test -x /usr/bin/python3" == true
local edits = os.execute "test -f build/lib/teasel/readline.so" == true

describe("the REPL at a terminal #slow #once", function()
  teardown(function() scratch.remove(folder) end)

  if not (python and edits) then
    pending "wants /usr/bin/python3 and build/lib/teasel/readline.so (package libreadline-dev)"
    return
  end

  it("shows what a line gives, and ends at Ctrl-D", function()
    local text = lines{"1 + 1", "x = T.ones{2}", "x + 1"}
    assert.matches("T is teasel", text)
    assert.matches("1> 1 %+ 1\n2\n", text)
    assert.matches("3> x %+ 1\ntensor %[2%]         2         2\n4> ", text)
  end)

  it("asks for more lines of what is incomplete", function()
    local text = typed{{"wait", "> "}, {"send", "for i = 1, 2 do\n"}, {"wait", ".. "},
      {"send", "print('now', i) end\n"}, {"wait", "now\t2"}, {"wait", "2> "}, {"send", "\4"}}
    assert.matches("now\t1\r\nnow\t2\r\n", text)
  end)

  it("completes at a tab, and lists where there is more than one", function()
    local text = typed{{"wait", "> "}, {"send", "T.nn.line\t(2, 3)\n"}, {"wait", "2 -> 3"},
      {"wait", "> "}, {"send", "T.optim.ad\t\t"}, {"wait", "adagrad"}, {"wait", "adamw"},
      {"send", "\21io.type(io.open 'READ\t')\n"}, {"wait", '"file"'}, {"wait", "> "},
      {"send", "\4"}}
    assert.is_nil(text:find "did not come", text)
  end)

  it("edits a line, and keeps the history in a file", function()
    lines{"first = 41", "firs\1\4\4\4\4first + 1"}   -- to the beginning, and four to the right gone
    assert.matches("first = 41\nfirst %+ 1\n", read ".teasel_history")
    local text = typed{{"wait", "> "}, {"send", "\27[A\27[A\n"}, {"wait", "= 41"},
      {"wait", "2> "}, {"send", "first\n"}, {"wait", "\r41"}, {"wait", "> "}, {"send", "\4"}}
    assert.is_nil(text:find "did not come", text)
    os.remove(folder .. "/.teasel_history")
    lines({"x = 1"}, nil, "TEASEL_HISTORY=")
    assert.is_nil(read ".teasel_history")
  end)

  it("throws a line away at Ctrl-C, and goes on", function()
    local text = typed{{"wait", "> "}, {"send", "abc def("}, {"wait", "def("}, {"send", "\3"},
      {"wait", "^C"}, {"wait", "1> "}, {"send", "for i = 1, 3 do\n"}, {"wait", ".. "},
      {"send", "\3"}, {"wait", "1> "}, {"send", "6 * 7\n"}, {"wait", "\r42"}, {"wait", "> "},
      {"send", "\4"}}
    assert.is_nil(text:find "did not come", text)
  end)

  -- what runs until Ctrl-C, and whether it is a loop of C that must be asked
  for what, line in pairs{
    ["Lua"] = "print('at' .. ' work') while true do end",
    ["a coroutine"] = "print('at' .. ' work') coroutine.wrap(function() while true do end end)()",
    ["products"] = "print('at' .. ' work') y = T.ones{500, 500} while true do z = y:matmul(y) end",
    -- one operation each, which would take longer than a wait does
    ["a convolution"] = "x, w = T.ones{1, 768, 768, 32}, T.ones{201, 201, 32, 32} "
      .. "print('at' .. ' work') y = T.conv(x, w)",
    ["a search for neighbours"] = "x = T.stream(1):normal{150000, 20} print('at' .. ' work') "
      .. "y = core.learn.affinity(x, 30, 10)",
    ["a fit of trees"] = "x = T.stream(1):normal{20000, 10} "
      .. "y = T.stream(2):integers({20000}, 0, 9)"
      .. " print('at' .. ' work') core.learn.boost(x, y, 1, 60000)",
    ["a search for weights"] = "print('at' .. ' work') x = T.stream(1):normal{20000, 10} "
      .. "y = T.stream(2):integers({20000}, 0, 9) while true do core.learn.logistic(x, y) end",
  } do
    it("ends " .. what .. " at Ctrl-C, and is sound afterwards", function()
      local text = typed{{"wait", "> "}, {"send", "core = require 'teasel.core'\n"},
        {"wait", "2> "},
        {"send", line .. "\n"}, {"wait", "at work"}, {"pause", 0.3}, {"send", "\3"},
        {"wait", "interrupted"}, {"wait", "> "}, {"send", "T.ones{7, 3}:sum():item()\n"},
        {"wait", "\r21"}, {"wait", "> "}, {"send", "\4"}}
      assert.is_nil(text:find "did not come", text)
    end)
  end

  it("lets a training save at the first Ctrl-C, and ends it at the second", function()
    local define = ("c = T.run.config({steps = 100000}, nil, {run = %q}) s = {w = T.zeros{1}} "
      .. "function step() s.w = s.w + 1 return {loss = 1} end"):format(folder .. "/trained")
    local text = typed{{"wait", "> "}, {"send", define .. "\n"}, {"wait", "2> "},
      {"send", "T.run.train{config = c, state = s, step = step}\n"}, {"wait", "steps/s"},
      {"send", "\3"}, {"wait", "stopped by signal 2"}, {"wait", "3> "},
      {"send", "c.resume = true print('at' .. ' work')\n"}, {"wait", "at work"}, {"wait", "4> "},
      {"send", "T.run.train{config = c, state = s, step = function() print('st' .. 'uck') "
        .. "while true do end end}\n"}, {"wait", "stuck"}, {"send", "\3"}, {"pause", 0.3},
      {"send", "\3"}, {"wait", "interrupted"}, {"wait", "5> "}, {"send", "6 * 7\n"},
      {"wait", "\r42"}, {"wait", "> "}, {"send", "\4"}}
    assert.is_nil(text:find "did not come", text)
  end)

  it("uses colours unless NO_COLOR is set", function()
    local steps = {{"wait", "1> "}, {"send", "error 'x'\n"}, {"wait", "]:1: x"}, {"wait", "2> "},
      {"send", "\4"}}
    assert.matches("\27%[31m%[1%]:1: x", (typed(steps)))
    assert.is_nil(typed(steps, nil, "NO_COLOR=1"):find "\27%[3?1?m%[1%]")
    assert.is_nil(typed(steps, nil, "NO_COLOR=1"):find "\27%[1;32m")
  end)

  it("follows the width of the window", function()
    local text = typed{{"wait", "> "}, {"size", "20 40"}, {"pause", 0.1},
      {"send", ("1 + "):rep(30) .. "1\n"}, {"wait", "\r31\r\n"}, {"wait", "> "}, {"send", "\4"}}
    assert.is_nil(text:find "did not come", text)
  end)

  it("reads lines without readline too", function()
    local text = lines({"1 + 1", "6 * 7"}, nil, "TERM=dumb")
    assert.matches("2> 6 %* 7\n42\n", text)
    assert.is_nil(text:find "\27")
  end)
end)

describe("the REPL at a pipe #once", function()
  setup(function() os.execute("mkdir -p " .. folder) end)
  teardown(function() scratch.remove(folder) end)

  it("writes results alone: no prompt and no escape codes", function()
    local out, status = piped "1 + 1\nx = {\n3}\nx\n'a\\27[31m'\nerror 'no'\n"
    assert.are.equal(0, status)
    assert.equal("2\n{3}\n\"a\\x1B[31m\"\n[5]:1: no\n    error 'no'\n", out)
  end)

  it("says that the input ends too early", function()
    assert.equal("the input ends inside of a statement\n", (piped "for i = 1, 3 do"))
  end)

  it("runs a script before, whose variables it knows", function()
    local script = write("first.lua", "local a, b = ...\nlocal words = {arg[0], arg[1], #arg}\n")
    assert.equal(('"x"\n{"%s", "x", 2}\n'):format(script),
      (piped("a\nwords\n", ("-i %s x y"):format(script))))
    local wrong = write("wrong.lua", "local kept = 4\nerror 'stopped'\n")
    assert.matches("^%S+wrong.lua:2: stopped\n    error 'stopped'\n4\n$",
      (piped("kept\n", "-i " .. wrong)))
  end)

  it("refuses wrong words", function()
    assert.same({"teasel: repl: got 'b', wanted one run\n", 1}, {piped("", "repl a b")})
    assert.same({"teasel: -i: got no script, wanted: teasel -i SCRIPT [options]\n", 1},
      {piped("", "-i")})
    assert.matches("^build/teasel %[repl", (piped("", "repl --help")))
  end)

  it("opens runs that were trained between other lines, wrong ones too", function()
    local out = piped(([[
1 + 1
function train(dir, by)
  local config = T.run.config({steps = 3, by = by}, nil, {run = dir})
  local state = {w = T.zeros{1}}
  return T.run.train{config = config, state = state, step = function()
    state.w = state.w + config.by
    return {loss = 1}
  end}
end
nil + 1
train(%q, 1.0);
r = open %q
r.state.w:item() * 100
train(%q, r.state.w:item());
open(%q).state.w:item() * 100
]]):format(folder .. "/a", folder .. "/a", folder .. "/b", folder .. "/b"))
    assert.matches("\n300%.0\n900%.0\n$", out)
  end)

  it("trains what is typed, and opens it again", function()
    local run = folder .. "/run"
    local out = piped(([[
run = T.run
config = run.config({steps = 3, scale = 2.0}, nil, {run = %q})
state = {w = T.zeros{1}}
r = run.train{config = config, state = state, step = function(step)
  state.w = state.w + config.scale
  return {loss = 1 / step}
end}
run.open(%q).state.w:item()
]]):format(run, run))
    assert.matches("6%.0\n$", out)
  end)
end)
