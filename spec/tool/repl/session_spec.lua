-- What is typed into a session, and what comes of it.

local T = require "teasel"
local chunk = require "teasel.tool.repl.chunk"
local core = require "teasel.core"
local scratch = require "spec.scratch"
local session = require "teasel.tool.repl.session"
local value = require "teasel.tool.repl.value"

local function new()
  local said = {}
  return session.new{print = function(text) said[#said + 1] = text end}, said
end

-- what the last of these lines shows
local function last(...)
  local s, result = new(), nil
  for _, line in ipairs{...} do result = s:run(line) end
  return result.text or result.message, result
end

describe("a session", function()
  it("shows the value of an expression, and nothing of statements", function()
    assert.equal("2", last "1 + 1")
    assert.equal('1\n"two"', last "1, 'two'")
    assert.is_nil((last "x = 3"))
    assert.is_nil((last "nil"))
    assert.equal("nil\n2", last "nil, 2")
  end)

  it("is silent where a line ends with a semicolon, but for one in a comment", function()
    local text, result = last "3;"
    assert.is_nil(text)
    assert.equal(3, result.values[1])
    assert.equal("3", last "3 -- three;")
    assert.is_nil((last "3;   -- three"))
    assert.is_nil((last "b = 3\nb; --[[ three ]] "))
    assert.equal('";"', last "';'")
  end)

  it("wants more lines of what is incomplete, and no more of what is wrong", function()
    local s = new()
    for _, text in ipairs{"for i = 1, 3 do", "x = {", "f(", "return function()", "x = [[\n", "1 +",
      "--[[ begun", "if x then y = 1 else"} do
      assert.is_true(s:run(text).incomplete, text)
    end
    for _, text in ipairs{"x = = 3", "x = 'open", "end", ")", "goto nowhere"} do
      local result = s:run(text)
      assert.is_nil(result.incomplete, text)
      assert.is_false(result.ok, text)
    end
    assert.is_true(s:run("for i = 1, 3 do\nsum = (sum or 0) + i\nend").ok)
    assert.equal("6", s:run("sum").text)
  end)

  it("keeps results as _ and by the number of their line", function()
    local s = new()
    for _, line in ipairs{"10", "x = 1", "20", "'again'"} do s:run(line) end
    assert.equal('"again"', s:run("_").text)
    assert.equal("30", s:run("_1 + _3").text)
    for i = 1, 30 do s:run(tostring(i)) end
    assert.is_nil(s:run("_1").text)
    assert.equal("29", s:run("_35").text)
  end)

  it("lets locals of the top level be seen in the next line", function()
    assert.equal("3\nnil", last("local x, y = 3", "x, y"))
    assert.equal("nil", last("local x <const>", "tostring(x)"):gsub('"', ""))
    assert.equal("5\n6", last("local a <const>, b = 5, 6", "a, b"))
    assert.equal("120", last("local function f(n) return n < 2 and 1 or n * f(n - 1) end", "f(5)"))
    assert.equal("2", last("local n = 0 function count() n = n + 1 end", "count() count()", "n"))
    assert.is_nil((last("do local inner = 1 end", "inner")))
    assert.is_nil((last("for i = 1, 2 do local inner = i end if true then local inner = 2 end",
      "inner")))
    assert.equal("1", last("local f = function() local x = 2 return x end local x = 1 f()", "x"))
  end)

  it("closes what is <close> at the end of its line", function()
    local s = new()
    s:run "closed = 0; local c <close> = setmetatable({}, {__close = function() closed = 1 end})"
    assert.equal("1", s:run("closed").text)
    assert.is_nil(s:run("c").text)
  end)

  it("leaves lines and texts as they are where it opens locals", function()
    for _, text in ipairs{"x = 'local y'", "-- local y\nx = 1", "x = [[\nlocal y]]", "local",
      "x = {f = function() local y end}", "f 'a' --[[ local x ]]"} do
      assert.equal(text, chunk.open_locals(text))
    end
    local _, before = ("\n"):rep(3):gsub("\n", "")
    local _, after = chunk.open_locals("local a,\nb\n=\n1, 2"):gsub("\n", "")
    assert.equal(before, after)
  end)

  it("tells an error with its place, the line and the way there", function()
    local text = last("local function inner(x)\n  return x.field + 1\nend",
      "function outer(x) local y = inner(x) return y end", "outer{}")
    assert.equal([=[
[1]:2: attempt to perform arithmetic on a nil value (field 'field')
    return x.field + 1
  [2]:1, in outer
    function outer(x) local y = inner(x) return y end
  [3]:1
    outer{}]=], text)
    assert.equal("[1]:1: add: argument 'b': got the shape [3] beside [2], wanted sizes that are "
      .. "equal or 1, counted from the last axis\n    T.ones{2} + T.ones{3}",
      last "T.ones{2} + T.ones{3}")
    assert.matches("^{code = 3}", last "error{code = 3}")
    assert.matches("stack overflow", last "local function f() return 1 + f() end f()")
  end)

  it("goes on after an error, with what was set before it", function()
    assert.equal("1", last("x = 1 error 'no'", "x"))
    assert.equal("4", last("T.ones{2} + T.ones{3}", "2 + 2"))
  end)

  it("shows the lines that lead to an error, that of a call that ends a line among them", function()
    local s = session.new{}
    assert.is_true(s:run("function f(a)\n  return a:nonsense()\nend").ok)
    for line, calls in pairs{["f(3)"] = "f(3)", ["local q = 1\nf(q)"] = "f(q)"} do
      local message = s:run(line).message
      assert.matches("^%[1%]:2: .*\n    return a:nonsense%(%)\n  %[%d%]:%d", message)
      assert.equal("    " .. calls, message:match "[^\n]*$")
    end
    assert.same({1, 2, nil, n = 3}, s:run("(function() return 1, 2, nil end)()").values)
  end)

  it("shows the reference for ? and searches it for ??", function()
    assert.equal(T.help "nn.linear", last "? nn.linear")
    assert.equal(T.help "nn.linear", last "?T.nn.linear")
    assert.matches("did you mean 'linear'", last "? lineer")
    assert.matches("\noptim.adam +adam{lr", "\n" .. last "?? kingma ba")
    assert.matches("nothing holds 'qqqq'", last "?? qqqq")
    for _, line in ipairs{"? \27[31m", "?? \27[31m"} do assert.is_nil(last(line):find "\27") end
  end)

  it("tells what a variable is, and of its own functions how it is used", function()
    assert.equal("x: tensor [2 3]", last("x = T.zeros{2, 3}", "? x"))
    assert.equal("none: boolean", last("none = false", "? none"))
    -- of a verb of a variable that of what it holds, not another of that name
    assert.equal(T.help "player:update", last("p = T.game.player{params = T.ones{1}, loss = print,"
      .. " optimizer = T.optim.sgd{lr = 1}}", "? p:update"))
    assert.equal("net: network\n" .. T.help "network", last("net = T.nn.relu", "? net"))
    assert.equal(T.help "nn", last("local nn = T.nn", "? nn"))
    for _, name in ipairs{"who", "time", "history"} do
      assert.matches("who%(%)\n? *lists the variables", last("? " .. name))
    end
    assert.matches("^help: got 'qqqq', wanted a public name", last "? qqqq")
  end)

  it("lists the variables with shapes and bytes, and times a call", function()
    local s, said = new()
    s:run "x = T.zeros{2, 3}; n = 4; t = {x, T.zeros{5}}"
    s:run "who()"
    local item = core.double and 8 or 4
    assert.equal(("t                table of 2               %12s\n"
      .. "x                tensor [2 3]             %12s\nn                integer"):format(
      11 * item .. " bytes", 6 * item .. " bytes"), said[1])
    assert.equal("5\n6", s:run("time(function(a) return a, 6 end, 5)").text)
    assert.matches("^%S+ s$", said[2])
    s:run "help 'nn.linear'"
    assert.equal(T.help "nn.linear", said[3])
  end)

  it("knows no variables but its own, and Lua's", function()
    local s = new()
    s:run "print_me = 3"
    assert.is_nil(rawget(_G, "print_me"))
    assert.is_nil(new():run("print_me").text)
    assert.equal("true", s:run("math.pi == require('math').pi").text)
  end)

  it("runs a script whose top-level locals stay", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "#!/usr/bin/env teasel\nlocal first, second = ...\nlocal sum = first + second\n"
    file:close()
    local s = new()
    assert.is_true(s:script(path, 3, 4).ok)
    assert.equal("7", s:run("sum").text)
    assert.matches(path .. ":3: .*arithmetic", s:script(path, {}, 4).message)
    os.remove(path)
    assert.matches("No such file", s:script(path).message)
  end)

  it("executes a file that is named, and writes what was typed into one", function()
    local path, s, said = os.tmpname(), new()
    local function kept() return core.file.read(path) end
    s:run "local x = 3"
    s:run(("history %q"):format(path))
    assert.equal(new():history():gsub("}\n$", '"local x = 3",\n}\n'), kept())
    s:run "history()"
    assert.equal(("local x = 3\nhistory %q"):format(path), said[1])
    assert(core.file.save(path, "local y = x + ...\nreturn y * 2, y\n"))
    assert.equal("14\n7", s:run(("script(%q, 4)"):format(path)).text)
    assert.equal("7", s:run "y".text)
    assert(core.file.save(path, "error 'no'\n"))
    assert.matches("lua_%w+:1: no", s:run(("script(%q)"):format(path)).message)
    assert.matches("script: argument 'path': got 3", s:run "script(3)".message)
    assert.matches("history: .*nowhere", s:run "history '/nowhere/x'".message)
    os.remove(path)
  end)

  it("has the value of an expression that is the last of several lines", function()
    local s = new()
    assert.equal("42", s:run("local a = 6\na * 7").text)
    assert.is_nil(s:run("a = 5\na * 7;").text)
    assert.equal("10", s:run("do\n  a = a + 5\nend\na").text)
    assert.equal('"10"', s:run("b = tostring\n(a)\nb").text)     -- a call over two lines
    assert.is_nil(s:run("if true then\n  return a\nend").incomplete)
  end)

  it("has all that was typed as a script", function()
    local s = new()
    for _, line in ipairs{"local x = 3", "? x", "x = x +", "function f(n)\n  return n + x\nend",
      "x + 1", "nil + 1", "x = f(x)", "print('x is', x)"} do s:run(line) end
    local printed, print = {}, print
    _G.print = function(...) printed[#printed + 1] = table.concat({...}, " ") end
    local ok, message = pcall(load(s:history()))
    _G.print = print
    assert(ok, message)
    assert.same({"4", "x is 6"}, {printed[1], printed[3]})
    assert.matches("attempt to perform arithmetic on a nil value", printed[2])
  end)

  it("prints what was typed once: not when its run is opened", function()
    local dir, s, printed, print = scratch.make(), new(), {}, print
    _G.print = function(...) printed[#printed + 1] = table.concat({...}, " ") end
    s:run "print 'typed before'"
    local f = assert(io.open(dir .. "/script.lua", "w"))
    f:write(s:history())
    f:close()
    local _, message = T.run.open(dir)
    _G.print = print
    scratch.remove(dir)
    assert.matches("none of the lines that were typed trains it", message)
    assert.same({"typed before"}, printed)
  end)
end)

describe("a value", function()
  it("is a table to a depth, each table once, its list first", function()
    assert.equal("{1, 2, a = {b = {... of 1}}}", value.show{1, 2, a = {b = {c = 1}}})
    local t = {1}
    t.self = t
    assert.equal("{1, self = {...}}", value.show(t))
    assert.equal('{["two words"] = true, [0] = false, [1.5] = "x"}',
      (value.show{["two words"] = true, [0] = false, [1.5] = "x"}:gsub(
      '^{%[0%] = false, %[1.5%] = "x", (.*)}$', '{%1, [0] = false, [1.5] = "x"}')))
    assert.equal("{}", value.show{})
  end)

  it("is cut where it is long, in lines where it is wide", function()
    local t = {}
    for i = 1, 100000 do t[i] = i end
    assert.matches("^{1, 2, .*20, %.%.%. %(100000 in all%)}$", value.show(t))
    assert.equal('{\n  a = "' .. ("x"):rep(99) .. '"\n}', value.show{a = ("x"):rep(99)})
  end)

  it("is a tensor's corners, and in a table its shape", function()
    assert.equal(tostring(T.arange(1, 1000)), value.show(T.arange(1, 1000)))
    assert.equal("{x = tensor [3], y = 2}", value.show{x = T.zeros{3}, y = T.tensor(2)})
    local x = T.zeros{3}
    x:release()
    assert.equal("released tensor", value.show(x))
  end)

  it("holds no control character that a terminal would follow", function()
    local evil = setmetatable({}, {__tostring = function() return "a\27[31mb\xC2\x9Bc" end})
    for _, v in ipairs{"\27]0;title\7", {"\27[2J"}, {["\27[2J"] = 1}, evil, "\xC2\x9B31m", "\xff\0"}
    do
      local text = value.show(v)
      assert.is_nil(text:find "[%c\x7f]")
      assert.is_nil(text:find "\xC2[\x80-\x9f]")
      assert.is_truthy(utf8.len(text))
    end
    assert.equal('"Größe"', value.show "Größe")
  end)

  it("leaves the tabs of a message, which lead nowhere", function()
    assert.equal("module 'x' not found:\n\tno field\\x1B[2J",
      value.plain "module 'x' not found:\n\tno field\27[2J")
    assert.equal('"a\\tb"', value.show "a\tb")
  end)

  it("that cannot be shown says so", function()
    assert.equal("table (its __tostring fails)",
      value.show(setmetatable({}, {__tostring = function() error "no" end})))
  end)
end)
