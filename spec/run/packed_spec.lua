-- Runs as one file: what comes out of it is the run without its optimizers, and nothing else ever.

local T = require "teasel"
local child = require "spec.child"
local core = require "teasel.core"
local packed = require "teasel.run.packed"
local run = require "teasel.run"
local scratch = require "spec.scratch"
local zip = require "teasel.format.zip"

local file, system = core.file, core.system

local folder, r

local SCRIPT = [[
-- A toy.
local T = require "teasel"
local config = T.run.config({steps = 4, lr = 0.1, log = 1, checkpoint = 4}, nil, ...)
local net, stream = T.nn.linear(3, 2), T.stream(1)
local adam = T.optim.adam{lr = config.lr}
local params = net:init(stream)
local state = {params = params, adam = adam:init(params), slots = {5}, noise = T.stream(7),
  seen = T.bytes("abc", {3}), n = 0, huge = T.full({2}, 1e6)}
local r = T.run.train{config = config, state = state,
  view = T.view{represent = function(x) return net(state.params, x) end,
    decode = function(z) return T.sigmoid(T.matmul(z, state.params.weight, false, true)) end,
    prior = function(s, n) return s:normal{n, 2} end, latents = {{}, {}}},
  step = function(step, s)
    state.n = state.n + 1
    local loss = T.value_and_grad(function(p) return net(p, s:normal{4, 3}):square():mean() end)
    local value, grads = loss(params)
    adam:update(params, grads, state.adam)
    return {loss = value}
  end}
return r
]]

local function at(name) return folder .. "/" .. name end

-- without waiting for the disk
local function put(name, ...)
  os.remove(at(name))   -- as spec.scratch does
  local f <close> = assert(io.open(at(name), "wb"))
  f:write(...)
end

local function half(x)
  return core.archive.unpack(core.archive.pack(x, "<f2"), "<f2", x:shape())
end

local function refused(path, dir, wanted)
  local before = table.concat(system.list(folder), " ")
  local list, message = packed.unpack(path, dir)
  assert.is_nil(list)
  assert.is_truthy(message:find(wanted, 1, true), message)
  assert.equal(before, table.concat(system.list(folder), " "))
end

-- the files of a packed run as zip.write takes them, with pack.json last
local function parts(path)
  local archive <close> = assert(core.archive.archive(path))
  local list = {}
  for i, entry in ipairs(archive:list()) do
    list[i] = {entry.name, archive:string(i, 0, entry.size)}
  end
  return list
end

setup(function()
  folder = scratch.make()
  r = assert(load(SCRIPT))({run = at "toy"})
  r:scores{mig = 0.5}
  put("toy/figures/curves.png", "a picture")
  put("toy/codes.h5", "found again")
  put("toy/notes.txt", "of somebody")
  assert(packed.pack(at "toy", at "toy.zip"))
  assert(packed.pack(at "toy", at "half.zip", {half = true}))
end)

teardown(function() scratch.remove(folder) end)

describe("a packed run", function()
  it("is unpacked into a directory that opens with the same state, log, scores and figures",
    function()
      local list = assert(packed.unpack(at "toy.zip", at "a/b/there"))
      assert.same({"toy", 4, false}, {list.run, list.step, list.half})
      local other = assert(run.open(at "a/b/there"))
      assert.equal(r.state.params.weight:data(), other.state.params.weight:data())
      assert.equal(r.state.huge:data(), other.state.huge:data())
      assert.same({4, 4, 5, "abc"}, {other.step, other.state.n, other.state.slots[1],
        other.state.seen:string()})
      assert.same({r.state.noise:state()}, {other.state.noise:state()})
      assert.same(r:log(), other:log())
      assert.equal(file.read(at "toy/scores.json"), file.read(other.dir .. "/scores.json"))
      assert.equal("a picture", file.read(other:figure "curves.png"))
      local x = T.stream(2):normal{2, 3}
      assert.equal(r.view.represent(x):data(), other.view.represent(x):data())
      assert.is_truthy(tostring(other):find("Script    A toy.", 1, true))
    end)

  it("is as small without figures as it can be", function()
    put("toy/metrics-mig.png", "a picture")
    put("toy/metrics-mig.csv", "1,2")
    put("toy/metrics-mig.json", "{}")
    assert(packed.pack(at "toy", at "plain.zip", {figures = false}))
    local names = {}
    for i, part in ipairs(parts(at "plain.zip")) do names[i] = part[1] end
    assert.same({"pack.json", "config.json", "log.jsonl", "maker", "metrics-mig.json",
      "scores.json", "script.lua", "checkpoints/00000004.h5"}, names)
    for _, ending in ipairs{"png", "csv", "json"} do os.remove(at("toy/metrics-mig." .. ending)) end
    assert(packed.unpack(at "plain.zip", at "plain"))
    assert.equal(4, assert(run.open(at "plain")).step)
  end)

  it("has the weights without the optimizers' slots, and no file that can be made again", function()
    local names = {}
    for i, part in ipairs(parts(at "toy.zip")) do names[i] = part[1] end
    assert.same({"pack.json", "config.json", "log.jsonl", "maker", "scores.json", "script.lua",
      "figures/curves.png", "checkpoints/00000004.h5"}, names)
    assert(packed.unpack(at "toy.zip", at "light"))
    local state = assert(T.load(at "light/checkpoints/00000004.h5"))
    assert.is_nil(state.adam.slots)
    assert.equal(4, state.adam.t)
    assert.equal(r.state.params.bias:data(), state.params.bias:data())
  end)

  it("may have its numbers in half the bits, but for arrays that these cannot hold", function()
    assert(packed.unpack(at "half.zip", at "half"))
    local input <close> = assert(file.open(at "half/checkpoints/00000004.h5"))
    local bytes, kind = input:read "state/params/weight"
    assert.same({"float16", 2 * 6}, {kind, #bytes})
    local other = assert(run.open(at "half"))
    assert.equal(half(r.state.params.weight):data(), other.state.params.weight:data())
    assert.equal(r.state.huge:data(), other.state.huge:data())
    assert.same({"state/huge"}, packed.pack(at "toy", at "again.zip", {half = true}).whole)
  end)

  it("opens in builds of every precision", function()
    assert(packed.unpack(at "toy.zip", at "other"))
    local path = at "other/checkpoints/00000004.h5"
    local other = core.double and {"float32", "<f4"} or {"float64", "<f8"}
    local input <close> = assert(file.open(path))
    local out <close> = assert(file.store())
    for _, entry in ipairs(input:list()) do
      local bytes, kind, shape = input:read(entry.name)
      if kind == "text" then assert(out:text(entry.name, bytes))
      elseif kind == "uint8" then assert(out:array(entry.name, kind, shape, bytes))
      else
        local x = core.archive.unpack(bytes, core.double and "<f8" or "<f4", shape)
        assert(out:array(entry.name, other[1], shape, core.archive.pack(x, other[2])))
      end
    end
    assert(out:save(path))
    assert.is_true(T.allclose(r.state.params.weight, run.open(at "other").state.params.weight))
  end)

  it("is packed again from the directory that was made of it, with the same arrays", function()
    assert(packed.unpack(at "half.zip", at "once"))
    assert(packed.pack(at "once", at "twice.zip"))
    assert(packed.unpack(at "twice.zip", at "twice"))
    assert.equal(run.open(at "once").state.params.weight:data(),
      run.open(at "twice").state.params.weight:data())
  end)

  it("is refused by --resume, which says why, and stays as it was", function()
    assert(packed.unpack(at "toy.zip", at "ended"))
    local before = file.read(at "ended/log.jsonl")
    local ok, message = pcall(assert(load(SCRIPT)), {run = at "ended", resume = true, steps = 9})
    assert.is_false(ok)
    assert.matches("without the slots of the optimizers", tostring(message), 1, true)
    assert.equal(before, file.read(at "ended/log.jsonl"))
  end)

  it("is opened from the file itself, by way of the cache", function()
    local script = ([[local T = require "teasel"
      for _ = 1, 2 do print(T.run.open(%q).dir) end]]):format(at "toy.zip")
    put("open.lua", script)
    local pipe = io.popen(("TEASEL_CACHE='%s' %s %s 2>&1"):format(at "cache", child.lua,
      at "open.lua"))
    local dir = at("cache/runs/toy-" .. file.sha256(file.read(at "toy.zip")):sub(1, 16))
    assert.equal(dir .. "\n" .. dir .. "\n", pipe:read "a")
    pipe:close()
  end)

  it("is no file of arrays, and says so", function()
    local x, message = T.load(at "toy.zip")
    assert.is_nil(x)
    assert.matches("is a packed run, wanted T.run.open", message, 1, true)
  end)
end)

describe("unpacking", function()
  it("never writes over what is there", function()
    put("taken", "mine")
    assert(system.folder(at "empty"))
    for _, name in ipairs{"taken", "empty", "toy"} do
      refused(at "toy.zip", at(name), "is there already, and stays as it is")
    end
    assert.equal("mine", file.read(at "taken"))
  end)

  it("is removed by its own files: what else is in the directory stays", function()
    local list = assert(packed.unpack(at "toy.zip", at "gone"))
    put("gone/notes.txt", "mine")
    packed.remove(at "gone", list)
    assert.same({"notes.txt"}, system.list(at "gone"))
    packed.remove(at "gone", {files = {["notes.txt"] = "", ["../toy.zip"] = ""}})
    assert.equal("mine", file.read(at "gone/notes.txt"))
    assert.is_true(packed.is(at "toy.zip"))
  end)

  it("takes no name but those that files of runs have", function()
    for _, name in ipairs{"../out.lua", "/tmp/out.lua", "figures/../../out", "figures/a/b.png",
      "checkpoints/../x.h5", "checkpoints/x.h5", "C:\\x", "lock", "init.lua", "figures/.hidden",
      "figures/", "a\0b", "script.lua\n", ".", ".."} do
      local list = parts(at "toy.zip")
      list[#list + 1] = {name, "x"}
      assert(zip.write(at "evil.zip", list))
      refused(at "evil.zip", at "out", "as no run does")
    end
  end)

  it("wants all files that its list has, once, with their digests", function()
    local function changed(change, wanted)
      local list = parts(at "toy.zip")
      change(list)
      assert(zip.write(at "evil.zip", list))
      refused(at "evil.zip", at "out", wanted)
    end
    changed(function(l) table.remove(l, 1) end, "is no packed run: it has no pack.json")
    changed(function(l) table.remove(l, 2) end, "lacks 'config.json'")
    changed(function(l) l[#l + 1] = l[2] end, "has two files 'config.json'")
    changed(function(l) l[6][2] = l[6][2] .. " " end, "'script.lua' is damaged: its SHA-256")
    changed(function(l) l[#l + 1] = {"figures/more.png", "x"} end, "'figures/more.png' is damaged")
    changed(function(l) l[1][2] = "[" end, "pack.json is no list")
    changed(function(l) l[1][2] = ("["):rep(200000) end, "pack.json is no list")
    changed(function(l) l[1][2] = l[1][2]:gsub('"format":1', '"format":2') end, "is of format 2")
    changed(function(l)
      l[8][2] = l[8][2]:sub(1, -2) .. "?"
      l[1][2] = l[1][2]:gsub('(00000004%.h5":)"%x+"', '%1"' .. file.sha256(l[8][2]) .. '"')
    end, "'checkpoints/00000004.h5': 'image' is damaged")
  end)

  it("refuses what would need more room than a run does, before it unpacks it", function()
    local head, item = zip.heads{name = "log.jsonl", size = 1 << 30, packed = 1 << 21, at = 0,
      crc = 0, deflated = true}
    local body = head .. ("\0"):rep(1 << 21)
    local list, other = zip.heads{name = "config.json", size = 1, packed = 1, at = #body, crc = 0}
    body = body .. list .. "x"
    put("bomb.zip", body, item, other, zip.ending(2, #item + #other, #body))
    refused(at "bomb.zip", at "out", "has more than 2^30 bytes")
  end)

  it("of a damaged file leaves nothing, and says what is wrong", function()
    local text, stream = file.read(at "toy.zip"), T.stream(os.time(), "mutants")
    for i = 1, tonumber(os.getenv "TEASEL_MUTANTS") or 24 do
      local place = math.tointeger(stream:integers({1}, 1, #text):item())
      local other = i % 3 == 0 and text:sub(1, place - 1)
        or text:sub(1, place - 1) .. string.char(text:byte(place) ~ 1 << i % 8)
          .. text:sub(place + 1)
      put("mutant.zip", other)
      local list, message = packed.unpack(at "mutant.zip", at "out")
      if list then   -- a bit that means nothing, as that of a date: all files are the same
        for _, part in ipairs(parts(at "toy.zip")) do
          if part[1] ~= "pack.json" then
            assert.equal(part[2], file.read(at("out/" .. part[1])))
          end
        end
        packed.remove(at "out", list)
      else assert.matches("mutant.zip", message, 1, true)
      end
      assert.is_nil(system.list(at "out"))
    end
    for _, name in ipairs(system.list(folder)) do assert.is_nil(name:find "teasel%.tmp") end
  end)

  it("leaves nothing where the disk is full", function()
    local files = require "spec.files"
    files.fault(9, "ENOSPC", true)
    local list, message = packed.unpack(at "toy.zip", at "full")
    files.fault(0)
    assert.is_nil(list)
    assert.matches("No space left", message)
    for _, name in ipairs(system.list(folder)) do assert.is_nil(name:find "^full") end
  end)
end)
