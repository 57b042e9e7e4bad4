-- What a run refuses before it writes anything, and what it leaves as it was.

local core = require "teasel.core"
local checkpoint = require "teasel.run.checkpoint"
local child = require "spec.child"
local expect = require "spec.expect"
local json = require "dkjson"
local run = require "teasel.run"
local scratch = require "spec.scratch"

local SCRIPT = [[
local T = require "teasel"
local config = T.run.config({steps = 20, lr = 0.5, seed = 1, case = "", batch = 2}, {"case"})
local state = {x = T.zeros{3}, seen = 0}
local cases = {many = function() return {d = {1, 2}, b = 3, e = 4, f = 5, a = 6, c = 7} end,
  [""] = function(step) return {loss = 1 / step, kl = {1, step}} end,
  fails = function() error "the first step fails" end,
  late = function(step) return {loss = step < 15 and 1 or T.zeros{2}} end,
  rank = function() return {loss = T.zeros{2, 2}} end,
  rare = function(step) return {loss = 1, error = step % 10 == 0 and 0.9 or nil} end,
}
local r = T.run.train{config = config, state = state, best = os.getenv "BEST",
  step = function(step)
    state.seen = state.seen + 1
    return (cases[config.case] or cases[""])(step)
  end}
print("done", r.step, state.seen)
]]

local folder

local function text_of(path)
  local file = assert(io.open(folder .. "/" .. path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function put(path, text)
  local file = assert(io.open(folder .. "/" .. path, "wb"))
  file:write(text)
  file:close()
end

local function try(options, best)
  return scratch.shell(folder, ("%s %s %s --checkpoint 5 --log 5"):format(
    best and "BEST=" .. best or "", child.lua, options))
end

local function refused(message, options, best)
  local text, status = try(options, best)
  assert.are.equal(1, status, text)
  assert.is_truthy(text:find(message, 1, true), text)
end

local function list(dir) return core.system.list(folder .. "/" .. dir) end

-- everything in a folder: path -> bytes
local function contents(dir)
  local found = {}
  for _, name in ipairs(assert(list(dir))) do
    local path = dir .. "/" .. name
    if list(path) then
      for inner, bytes in pairs(contents(path)) do found[inner] = bytes end
      found[path] = "a folder"
    elseif name ~= "lock" then
      found[path] = text_of(path)
    end
  end
  return found
end

local function untouched(dir, message, options, best)
  local before = contents(dir)
  refused(message, options, best)
  assert.are.same(before, contents(dir))
end

setup(function()
  folder = scratch.make()
  put("toy.lua", SCRIPT)
end)

teardown(function() scratch.remove(folder) end)

describe("a folder that is no run #apart", function()
  local FOREIGN = {
    settings = {["config.json"] = '{"mine":1}\n', ["script.lua"] = "-- mine\n",
      ["log.jsonl"] = "mine\n", ["notes.tmp"] = "notes\n"},
    notes = {["notes.txt"] = "notes"},
    hidden = {[".git"] = "gitdir: elsewhere"},
    torch = {["checkpoints/00000100.h5"] = "PK", ["config.json"] = "{}"},
    locked = {["lock"] = "held by the backup", ["checkpoints/last.ckpt"] = "PK"},
    process = {["lock"] = "1234\n", ["config.json"] = "{}"},
  }

  for name, files in pairs(FOREIGN) do
    it("is refused and left as it was, by --run and by --resume: " .. name, function()
      os.execute(("mkdir -p '%s/%s/checkpoints'"):format(folder, name))
      for path, text in pairs(files) do put(name .. "/" .. path, text) end
      os.execute(("rmdir '%s/%s/checkpoints' 2> /dev/null"):format(folder, name))
      local names = list(name)
      untouched(name, name .. ": the folder is no run and not empty (there is '" .. names[1] ..
        "' in it); give another --run", "toy.lua --run " .. name)
      untouched(name, "--resume: there is no run in " .. name, "toy.lua --resume --run " .. name)
      assert.are.same(names, list(name))
    end)
  end

  it("may be empty, or the one that the script is in if nothing else is", function()
    os.execute(("mkdir '%s/empty'"):format(folder))
    assert.matches("done%s+20", (try("toy.lua --run empty")))
    untouched(".", ".: the folder is no run and not empty", "toy.lua --run .")
  end)
end)

describe("the directory of a run #apart", function()
  it("loses only temporary files of our own, and keeps what else is put into it", function()
    try "toy.lua --run kept --steps 10"
    put("kept/notes.tmp", "mine")
    put("kept/checkpoints/other.tmp", "mine")
    put("kept/checkpoints/00000011.h5.teasel.tmp", "half a checkpoint")
    put("kept/config.json.teasel.tmp", "half a text")
    assert.matches("done%s+20%s+20", (try "toy.lua --run kept --resume --steps 20"))
    assert.are.equal("mine", text_of "kept/notes.tmp")
    assert.are.equal("mine", text_of "kept/checkpoints/other.tmp")
    for _, name in ipairs{"kept", "kept/checkpoints"} do
      assert.is_nil(table.concat(list(name), " "):find("teasel.tmp", 1, true))
    end
  end)

  it("is a run's though somebody took the lock away", function()
    try "toy.lua --run unlocked --steps 10"
    os.remove(folder .. "/unlocked/lock")
    refused("there is a run of 10 steps in it", "toy.lua --run unlocked")
    assert.matches("done%s+20%s+20", (try "toy.lua --run unlocked --resume --steps 20"))
  end)

  it("is begun anew while no step of it was taken", function()
    refused("the first step fails", "toy.lua --run first --case fails --lr 0.25")
    assert.are.same({"00000000.h5"}, list "first/checkpoints")
    put("better.lua", (SCRIPT:gsub('error "the first step fails"', "return {loss = 2}")))
    assert.matches("done%s+20%s+20", (try "better.lua --run first --case fails"))
    local config = json.decode(text_of "first/config.json")
    assert.are.equal(0.5, config.lr)
    assert.are.equal(text_of "better.lua", text_of "first/script.lua")
    -- but not over a log, though no checkpoint was due
    refused("the term 'loss' is a list", "toy.lua --run logged --case late --checkpoint 100")
    untouched("logged", "give --resume to go on", "toy.lua --run logged --checkpoint 100")
  end)

  it("goes on from the newest checkpoint that can be read, and says from which", function()
    try "toy.lua --run hurt --checkpoint 5"
    put("hurt/checkpoints/00000020.h5", "no checkpoint")
    local text = try "toy.lua --run hurt --resume --steps 30"
    assert.matches("00000020.h5", text, 1, true)
    assert.matches("hurt: the state is that of step 15\n", text, 1, true)
    assert.matches("done%s+30%s+30", text)
    assert.is_nil((try "toy.lua --run hurt --resume --steps 40"):find "the state is that")
  end)

  it("may be tried again by the process whose training failed", function()
    put("again.lua", [[
local T = require "teasel"
local config = T.run.config{steps = 3}
local function train(step)
  return T.run.train{config = config, state = {x = T.zeros{2}}, step = step}
end
collectgarbage "stop"
assert(not pcall(train, function() error "no" end))
assert(not pcall(train, function() return {loss = T.zeros{2, 2}} end))
print("done", train(function() return {loss = 1} end).step)]])
    assert.matches("done%s+3", (try "again.lua --run again"))
  end)

  it("is left as it was by fewer steps than it has taken", function()
    try "toy.lua --run long"
    untouched("long", "--resume: got 7 steps, wanted 20 or more: so many has long taken",
      "toy.lua --run long --resume --steps 7")
    assert.matches("done%s+20%s+20", (try "toy.lua --run long --resume"))
    assert.matches("done%s+25%s+25", (try "toy.lua --run long --resume --steps 25"))
    -- more than the script says by default, and remembered
    assert.matches("done%s+25%s+25", (try "toy.lua --run long --resume"))
    -- a run that was stopped may end earlier than it was to
    refused("the term 'loss' is a list", "toy.lua --run late --case late")
    assert.are.same({"00000000.h5", "00000005.h5", "00000010.h5", "best.h5"},
      list "late/checkpoints")
    untouched("late", "got 9 steps, wanted 10 or more", "toy.lua --run late --resume --steps 9")
    assert.matches("done%s+12%s+12", (try "toy.lua --run late --resume --steps 12"))
  end)

  it("is left as it was by a state that its checkpoint does not fit", function()
    try "toy.lua --run fits --steps 10"
    put("larger.lua", (SCRIPT:gsub("zeros{3}", "zeros{4}")))
    untouched("fits", "00000010.h5: ", "larger.lua --run fits --resume --steps 20 --changed")
  end)

  it("has the terms of each line of its log in the order of their names", function()
    try "toy.lua --run many --case many"
    local lines = 0
    for line in text_of("many/log.jsonl"):gmatch "[^\n]+" do
      local names = {}
      for name in line:gmatch '"([%a]+)":' do names[#names + 1] = name end
      assert.equal("step seconds a b c d e f", table.concat(names, " "))
      lines = lines + 1
    end
    assert.equal(4, lines)
  end)

  it("goes on with a changed script only when told so, and keeps the older", function()
    try "toy.lua --run changed --steps 10"
    local new = SCRIPT .. "-- and more\n"
    put("new.lua", new)
    untouched("changed", "--resume: new.lua is not the script that changed was made with; give " ..
      "--changed to go on with it (the one so far is kept as changed/script-00000010.lua), or " ..
      "go on with changed/script.lua", "new.lua --run changed --resume --steps 15")
    assert.matches("done%s+12%s+12", (try "changed/script.lua --run changed --resume --steps 12"))
    assert.matches("done%s+15%s+15", (try "new.lua --run changed --resume --changed --steps 15"))
    assert.are.equal(SCRIPT, text_of "changed/script-00000012.lua")
    assert.are.equal(new, text_of "changed/script.lua")
    -- a second change: each stretch has its own; a script that took no step is not kept
    put("newer.lua", new .. "-- still more\n")
    put("newest.lua", new .. "-- most\n")
    assert.matches("done%s+15", (try "newer.lua --run changed --resume --changed"))
    assert.matches("done%s+20", (try "newest.lua --run changed --resume --changed --steps 20"))
    assert.are.equal(SCRIPT, text_of "changed/script-00000012.lua")
    assert.are.equal(new, text_of "changed/script-00000015.lua")
    assert.are.equal(text_of "newest.lua", text_of "changed/script.lua")
    assert.are.equal(20, assert(run.open(folder .. "/changed")).step)
  end)
end)

describe("a training #apart", function()
  it("averages a term over the steps that return it", function()
    try "toy.lua --run rare --case rare --steps 20"
    local lines = {}
    for line in text_of("rare/log.jsonl"):gmatch "[^\n]+" do
      lines[#lines + 1] = json.decode(line)
    end
    assert.are.same({{1}, {1, 0.9}, {1}, {1, 0.9}}, {{lines[1].loss, lines[1].error},
      {lines[2].loss, lines[2].error}, {lines[3].loss, lines[3].error},
      {lines[4].loss, lines[4].error}})
  end)

  it("refuses a best term that is not in every step, or is a list", function()
    refused("toy.lua:11: run.train: step 1: option 'best': got 'los', wanted a term of every " ..
      "step that is a number: loss", "toy.lua --run best", "los")
    refused("option 'best': got 'kl', wanted a term of every step that is a number: loss",
      "toy.lua --run best", "kl")
    refused("option 'best': got 'error', wanted a term of every step that is a number: loss",
      "toy.lua --run best --case rare", "error")
    assert.matches("done%s+20", (try("toy.lua --run best", "loss")))
    local note = checkpoint.read(folder .. "/best/checkpoints/best.h5")
    expect.near(note.best, (1 / 16 + 1 / 17 + 1 / 18 + 1 / 19 + 1 / 20) / 5, 1e-12)
    assert.are.equal(20, note.best_step)
  end)

  it("has a best checkpoint of the mean loss, if that is a number", function()
    put("list.lua", (SCRIPT:gsub("{loss = 1 / step, kl = {1, step}}", "{loss = {1, step}}")))
    assert.matches("done%s+20", (try "list.lua --run list"))
    assert.are.same({"00000010.h5", "00000015.h5", "00000020.h5"}, list "list/checkpoints")
  end)

  it("names a term that is no number, with the script's line", function()
    refused("toy.lua:11: run.train: step 1: the term 'loss' is a tensor [2 2], wanted a number or",
      "toy.lua --run rank --case rank")
  end)

  it("refuses options that no run can have", function()
    refused("option --lr: got '1e400', wanted a float, like 0.5", "toy.lua --run none --lr 1e400")
    refused("option --lr: got '-1e999', wanted a float", "toy.lua --run none --lr=-1e999")
    refused("option --batch: got 0, wanted 1 or more", "toy.lua --run none --batch 0")
    refused("option --batch: got -3, wanted 1 or more", "toy.lua --run none --batch -3")
    refused("option --seed: got '99999999999999999999', wanted an integer",
      "toy.lua --run none --seed 99999999999999999999")
    assert.is_nil(list "none")
  end)

  it("refuses a saved option that is null, where one was not finite", function()
    try "toy.lua --run null --steps 10"
    put("null/config.json", (text_of("null/config.json"):gsub('"lr":0.5', '"lr":null')))
    assert.is_truthy(text_of("null/config.json"):find('"lr":null', 1, true))
    untouched("null", "null/config.json: 'lr' is null, wanted a number",
      "toy.lua --run null --resume --steps 20")
  end)

  it("names what is wrong in a call of run.train or run.config, and its line", function()
    local config = "local T = require 'teasel'\nlocal c = T.run.config{steps = 2}\n"
    for _, case in ipairs{
      {"T.run.train{config = c, step = print}", "3: run.train: option 'state': got nil, wanted a "
        .. "table"},
      {"T.run.train{config = c, state = {}}", "3: run.train: option 'step': got nil, wanted a "
        .. "function"},
      {"T.run.train{state = {}, step = print}", "3: run.train: option 'config': got nil, wanted "
        .. "what run.config returned"},
      {"T.run.train{config = {steps = 2}, state = {}, step = print}",
        "3: run.train: option 'config': got a table"},
      {"T.run.train{config = c, state = {}, step = print, best = 1}",
        "3: run.train: option 'best': got 1, wanted the name of a term"},
      {"T.run.train()", "3: run.train: got nil, wanted a table {config =, state =, step =}"},
      {"T.run.train{config = c, state = {x = T.zeros{1}}, step = print}",
        "3: run.train: step 1: the step returned nil, wanted a table of terms"},
      {"T.run.config{lr = 1 / 0}", "3: run.config: option 'lr': got inf, wanted a number"},
      {"T.run.config({lr = 1}, {'score'})",
        "3: run.config: argument 'more': got 'score', wanted a name"},
    } do
      put("wrong.lua", config .. case[1] .. "\n")
      refused("wrong.lua:" .. case[2], "wrong.lua --run wrong")
    end
  end)
end)
