-- Starting: the launcher build/teasel runs a script from any folder, tells how it ended, and an
-- installed copy needs nothing of the source tree.

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  return text, status
end

local root = capture("pwd"):gsub("\n$", "")

-- a folder for the scripts and for what is installed; its name has what makes scripts stumble
local folder

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return ("'%s/%s'"):format(folder, name)
end

-- Runs a launcher in a folder of its own, with nothing of this process's environment but `set`.
-- Returns the standard output, the standard error and the status.
local function launch(command, set)
  local out, status = capture(("cd / && env -i PATH=/usr/bin:/bin %s %s 2>'%s/err'"):format(
    set or "", command, folder))
  local file = assert(io.open(folder .. "/err"))
  local err = file:read "a"
  file:close()
  return out, err, status
end

local launcher = ("'%s/build/teasel'"):format(root)

describe("the launcher #once", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    folder = folder .. " a folder"
    assert(os.execute(("mkdir '%s'"):format(folder)))
  end)

  teardown(function() os.execute(("rm -r '%s'"):format(folder)) end)

  it("runs a script from another folder, with teasel in reach", function()
    local script = write("script.lua", [[
local T = require "teasel"
print(T.sum(T.ones{2, 3}):item(), T.nn.linear(2, 3))]])
    local out, err, status = launch(launcher .. " " .. script)
    assert.are.equal("", err)
    assert.matches("^6.0\tlinear 2 %-> 3", out)
    assert.are.equal(0, status)
  end)

  it("has the module at hand as T in what is no file, and not in a script", function()
    for _, command in ipairs{" -e 'print(T.ones{2}:sum():item())'",
      " - < " .. write("typed.lua", "print(T.ones{2}:sum():item())")} do
      assert.same({"2.0\n", "", 0}, {launch(launcher .. command)})
    end
    assert.same({"nil\n", "", 0}, {launch(launcher .. " " .. write("bare.lua", "print(T)"))})
  end)

  it("passes arguments on, in arg and as ...", function()
    local script = write("arguments.lua", [[
print(#arg, arg[1], arg[2], arg[3])
print(select("#", ...), ...)
print(arg[0], arg[-1])]])
    local out, err, status = launch(launcher .. " " .. script .. " --seed 3 'two words'")
    assert.are.equal("", err)
    assert.are.equal(("3\t--seed\t3\ttwo words\n3\t--seed\t3\ttwo words\n%s\t%s\n"):format(
      script:sub(2, -2), launcher:sub(2, -2)), out)
    assert.are.equal(0, status)
  end)

  it("passes many arguments on", function()
    local script = write("many.lua", "print(#arg, select('#', ...), (select(5000, ...)))")
    local out, err, status = launch(launcher .. " " .. script .. " $(seq 5000)")
    assert.are.equal("", err)
    assert.are.equal("5000\t5000\t5000\n", out)
    assert.are.equal(0, status)
  end)

  it("answers an error with its message, a traceback and status 1", function()
    local script = write("fails.lua", [[
local T = require "teasel"
local function the_culprit() return T.ones{2} + T.ones{3} end
print "before"
local x = the_culprit()
print "after"]])
    local out, err, status = launch(launcher .. " " .. script)
    assert.are.equal("before\n", out)
    assert.matches("fails.lua:2: add: .*%[3%]", err)
    assert.matches("stack traceback:\n", err)
    assert.matches("fails.lua:4: in main chunk", err)
    assert.are.equal(1, status)
  end)

  it("answers an error without a place in a file with the way there", function()
    for _, case in ipairs{
      {"error('no place', 0)", "teasel: no place\nstack traceback:\n"},
      {"error(select(2, io.open '/nowhere'), 0)", "teasel: /nowhere: No such file"},
      {"error {}", "teasel: table: 0x%x+\nstack traceback:\n"},
    } do
      local script = write("placeless.lua", "local function culprit()\n" .. case[1] ..
        "\nend\nculprit()")
      local _, err, status = launch(launcher .. " " .. script)
      assert.matches("^" .. case[2], err)
      assert.matches("placeless.lua:4: in main chunk", err)
      assert.are.equal(1, status)
    end
  end)

  it("answers an error of the line that called the library with the message alone", function()
    local script = write("alone.lua", [[
local T = require "teasel"
T.vae.fc(4, 0)]])
    local _, err, status = launch(launcher .. " " .. script)
    assert.matches("^teasel: [^\n]*alone.lua:2: vae.fc: argument '%l+': got 0[^\n]*\n$", err)
    assert.are.equal(1, status)
  end)

  it("says where the library lies without a way up and down", function()
    local out = launch(launcher .. " -e 'print(package.path, package.cpath)'")
    assert.is_nil(out:find("/../", 1, true))
    assert.is_truthy(out:find(root .. "/lua/?.lua", 1, true))
  end)

  it("lists every command, and each tells of itself #slow", function()
    local usage = launch(launcher .. " --help")
    -- a command asks whether it was executed as one
    for name in io.popen [[grep -l '~= "teasel.tool' lua/teasel/tool/*.lua]]:lines() do
      name = name:match "([%w_]+)%.lua$"
      assert.is_truthy(usage:find("teasel " .. name, 1, true), name)
      local out, err = launch(("%s %s --help </dev/null"):format(launcher, name))
      assert.are.equal("", err)
      assert.is_true(#out > 100, name)
    end
  end)

  it("answers what is wrong on the command line with the message alone", function()
    local script = write("typed.lua", [[
local T = require "teasel"
T.run.config{steps = 3, lr = 0.5}]])
    for _, case in ipairs{
      {"--lr high", "option --lr: got 'high', wanted a float, like 0.5"},
      {"--steps 0", "option --steps: got 0, wanted 1 or more"},
      {"--resume --run /nowhere", "--resume: there is no run in /nowhere (wanted a directory that "
        .. "--run has made)"},
      {"stray", "got the argument 'stray', wanted options: --name value"},
    } do
      local out, err, status = launch(launcher .. " " .. script .. " " .. case[1])
      assert.are.same({"", "teasel: " .. case[2] .. "\n", 1}, {out, err, status})
    end
  end)

  it("wants a number of threads from the environment, or none", function()
    local script = write("threads.lua", 'print(require("teasel").threads())')
    assert.are.equal("3\n", (launch(launcher .. " " .. script, "TEASEL_THREADS=3")))
    assert.are.equal(0, select(3, launch(launcher .. " " .. script, "TEASEL_THREADS=")))
    for _, wrong in ipairs{"two", "0", "3x", "65"} do
      local _, err, status = launch(launcher .. " " .. script, "TEASEL_THREADS=" .. wrong)
      assert.are.equal(1, status)
      assert.matches(("TEASEL_THREADS: got '%s', wanted an integer in 1..64"):format(wrong), err, 1,
        true)
    end
  end)

  it("shows the way of an error through a derivative", function()
    local script = write("derivative.lua", [[
local T = require "teasel"
local function the_culprit(x) return x + T.ones{3} end
local g = T.grad(function(x)
  local y = the_culprit(x)
  return y:sum()
end)(T.ones{2})]])
    local _, err, status = launch(launcher .. " " .. script)
    assert.matches("derivative.lua:4: in ", err)
    assert.matches("derivative.lua:3: in main chunk", err)
    assert.are.equal(1, status)
  end)

  it("answers an error that is no string with status 1, too", function()
    for _, value in ipairs{"nil", "{}", "42", "setmetatable({}, {__tostring = error})"} do
      local _, err, status = launch(launcher .. " " .. write("value.lua", "error(" .. value .. ")"))
      assert.matches("%g", err)
      assert.are.equal(1, status)
    end
  end)

  it("answers a script that does not parse, or is not there, with status 1", function()
    local _, err, status = launch(launcher .. " " .. write("broken.lua", "local = 1"))
    assert.matches("broken.lua:1: <name> expected", err)
    assert.are.equal(1, status)
    _, err, status = launch(launcher .. " nowhere.lua")
    assert.matches("nowhere.lua", err)
    assert.are.equal(1, status)
  end)

  it("says which command a word is like that is none of them, or where they are listed", function()
    for word, hint in pairs{sumary = "did you mean 'summary'?", scroe = "did you mean 'score'?",
        watercolour = "--help lists them", explorer = "did you mean 'explore'?"} do
      local _, err, status = launch(launcher .. " " .. word .. " 'runs/*'")
      assert.equal(("teasel: cannot open %s: No such file or directory, nor is it a command (%s)\n")
        :format(word, hint), err)
      assert.equal(1, status)
    end
    local _, err
    _, err = launch(launcher .. " nowhere.lua")
    assert.equal("teasel: cannot open nowhere.lua: No such file or directory\n", err)
  end)

  it("does not load binary chunks", function()
    local _, err, status = launch(launcher .. " " .. write("binary.lua",
      string.dump(load "print 'ran'")))
    assert.matches("attempt to load a binary chunk", err)
    assert.are.equal(1, status)
  end)

  it("returns the status that the script asks for", function()
    local _, _, status = launch(launcher .. " " .. write("exit.lua", "os.exit(7, true)"))
    assert.are.equal(7, status)
  end)

  it("leaves no byte behind, after an error either", function()
    for _, last in ipairs{"", "error 'planted'"} do
      local script = write("live.lua", [[
local T = require "teasel"
x = T.ones{100, 100}
_, pullback = T.vjp(function(y) return T.matmul(y, y) end, x)
]] .. last)
      local _, err = launch(launcher .. " " .. script, "TEASEL_LIVE=1")
      assert.matches("teasel: 0 bytes live at exit\n$", err)
    end
  end)

  it("without a script says how it is used, with status 2", function()
    local out, err, status = launch(launcher)
    assert.are.equal("", out)
    assert.matches("^usage: .+ script.lua", err)
    assert.are.equal(2, status)
  end)

  it("runs a chunk that is given to it, or from its standard input", function()
    local out = launch(launcher .. " -e 'print(...)' one two")
    assert.are.equal("one\ttwo\n", out)
    out = launch("echo 'print(1 + 1)' | " .. launcher .. " -")
    assert.are.equal("2\n", out)
  end)

  it("tells its version, its use and the reference", function()
    local version = launch(launcher .. " --version")
    assert.matches("^teasel %d+%.%d+%.%d+, Lua 5%.4", version)
    assert.equal(version:match "^teasel (.*),", require("teasel.core").version)
    assert.matches("^usage: .+help %[NAME%]", (launch(launcher .. " --help")))
    assert.matches("^linear%(n_in, n_out, options%)", (launch(launcher .. " help nn.linear")))
    local _, err, status = launch(launcher .. " help lineer")
    assert.are.equal("teasel: help: got 'lineer', wanted a public name (did you mean 'linear'?)\n",
      err)
    assert.are.equal(1, status)
  end)

  it("refuses an option that it does not know", function()
    local _, err, status = launch(launcher .. " --verson")
    assert.matches("^teasel: got the option '%-%-verson'\nusage:", err)
    assert.are.equal(2, status)
  end)

  it("finds modules that lie beside the script", function()
    write("beside_it.lua", "return 'found'")
    local out = launch(launcher .. " " .. write("uses.lua", "print((require 'beside_it'))"))
    assert.are.equal("found\n", out)
  end)

  it("finds its own module before one of the environment's", function()
    local script = write("which.lua", "print(package.searchpath('teasel', package.path))")
    assert(os.execute(("mkdir '%s/teasel'"):format(folder)))
    write("teasel/init.lua", "error 'the wrong one'")
    local out = launch(launcher .. " " .. script,
      ("LUA_PATH='%s/?/init.lua;;'"):format(folder))
    assert.matches("^" .. root:gsub("%p", "%%%0"), out)
  end)

  -- make would be told of the sanitizers that the specs may run under
  local function make(target, place)
    local text, status = capture(("env -i PATH=\"$PATH\" HOME=\"$HOME\" make -s %s " ..
      "DESTDIR='%s' PREFIX=/opt/teasel 2>&1"):format(target, place:gsub(" ", "\\ ")))
    assert.are.equal(0, status, text)
  end

  it("is installed by make install, and needs the installed files only", function()
    local place = folder .. "/root"
    make("install", place)
    local home = place .. "/opt/teasel"
    local script = write("installed.lua", [[
local T = require "teasel"
print(T.sum(T.arange(1, 4)):item())
local shown = {package.searchpath("teasel", package.path),
  package.searchpath("teasel.core", package.cpath), debug.getinfo(T.nn.linear, "S").source:sub(2)}
for i = 1, #shown do
  local pipe = io.popen("realpath '" .. shown[i] .. "'")
  print(pipe:read "l")
  pipe:close()
end]])
    local out, err, status = launch(("'%s/bin/teasel' %s"):format(home, script))
    assert.are.equal("", err)
    assert.are.equal(0, status)
    assert.are.equal(("10.0\n%s/share/lua/5.4/teasel/init.lua\n%s/lib/lua/5.4/teasel/core.so\n" ..
      "%s/share/lua/5.4/teasel/nn.lua\n"):format(home, home, home), out)
  end)

  it("runs the README's examples where it is installed, without the source tree", function()
    local place = folder .. "/examples"
    make("install", place)
    local readme = capture "cat README.md experiments/README.md"
    local seen = 0
    for code in readme:gmatch "```lua\n(.-)```" do
      seen = seen + 1
      local out, err, status = launch(("'%s/opt/teasel/bin/teasel' %s"):format(place,
        write("example.lua", code)))
      assert.are.same({"", 0}, {err, status})
      assert.matches("%d", out)
    end
    assert.is_true(seen >= 3)
    local out = launch(("'%s/opt/teasel/bin/teasel' help stream:normal"):format(place))
    assert.matches("^s:normal%(shape", out)
  end)

  it("is readable for everybody, and is gone after make uninstall", function()
    local place = folder .. "/gone"
    make("install", place)
    assert(os.execute(("touch '%s/opt/teasel/share/lua/5.4/teasel/of_an_older_version.lua'")
      :format(place)))
    make("install", place)
    local hidden = capture(("find '%s' ! -perm -444 -o -name 'of_an*'"):format(place))
    assert.are.equal("", hidden)
    make("uninstall", place)
    assert.are.equal("", (capture(("find '%s' -type f"):format(place))))
  end)

  it("is built and installed by its rockspec", function()
    if not os.execute "command -v luarocks > /dev/null" then
      return pending "luarocks is not installed"
    end
    local place = folder:gsub("[^/]+$", "rocks") .. tostring(os.time())
    local rock = "lua/teasel-scm-1.rockspec"
    local text, status = capture("luarocks --lua-version 5.4 lint " .. rock .. " 2>&1")
    assert.are.equal(0, status, text)
    text, status = capture(("env -i PATH=\"$PATH\" HOME=\"$HOME\" luarocks --lua-version 5.4 " ..
      "make --tree %s --deps-mode none %s 2>&1"):format(place, rock))
    assert.are.equal(0, status, text)
    local out = launch(("'%s/bin/teasel' %s"):format(place, write("rock.lua",
      "print(require('teasel').ones{2}:sum():item())")))
    os.execute("rm -rf " .. place)
    assert.are.equal("2.0\n", out)
  end)
end)
