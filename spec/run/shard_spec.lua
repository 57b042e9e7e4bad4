-- A batch that processes share: its sums, its draws, and a training, beside those of one process.

local core = require "teasel.core"
local T = require "teasel"
local child = require "spec.child"
local scratch = require "spec.scratch"

local folder
setup(function() folder = scratch.make() end)
teardown(function() scratch.remove(folder) end)

local function output(command) return scratch.shell(folder, command) end

local function lua(code) return output(("%s -e '%s'"):format(child.lua, code)) end

-- the training of spec/run/shared_training.lua
local function train(options)
  return output(("%s %s/spec/run/shared_training.lua %s"):format(child.lua, child.root, options))
end

describe("shards", function()
  it("add up in the order of a tree, items of any number", function()
    -- 1 is lost in 2^60, but not beside what takes that away
    local text = lua [[
      local shard = require "teasel.core".shard
      shard.begin(8)
      local index = shard.place()
      local own = ({2^60, -2^60, 1, 2, 4, 8, 16, 32})[index + 1]
      local many = {}
      for i = 1, 300000 do many[i] = i % 7 + index end
      local sums = shard.add_up(many)
      for i = 1, 300000 do assert(sums[i] == 8 * (i % 7) + 28) end
      local first = shard.add_up{own}[1]
      local other = ({2^60, 1, -2^60, 2, 4, 8, 16, 32})[index + 1]
      print(first, shard.add_up{other}[1])
      shard.finish()
      print(shard.place())
    ]]
    assert.are.equal("63.0\t60.0\n0\t1\tfalse\n", text)
  end)

  it("draw their rows of what the whole batch would draw, and all the same of the rest", function()
    local text = lua [[
      local T, core = require "teasel", require "teasel.core"
      local shard, op, tensor = core.shard, core.op, core.tensor
      local function drawn()
        local s = core.rand.stream(3)
        return {s:split "a":normal{8, 3}, s:split "b":uniform({8}, 2, 3),
          s:split "c":integers({8, 2}, 1, 9), s:split "d":categorical(tensor.ones{8, 3}),
          s:split "e":normal{5, 2}, s:split "f":permutation(8)}
      end
      local whole, pairs_of = drawn(), core.rand.stream(3):split "p":uniform{16, 3}
      shard.begin(4)
      local index = shard.place()
      shard.cut(8)
      for i, x in ipairs(drawn()) do
        assert(shard.varies(x) == (i < 5))
        local w = whole[i]
        if i < 5 then
          local first, last = {}, w:shape()
          for d = 1, #last do first[d] = 1 end
          first[1], last[1] = 2 * index + 1, 2 * index + 2
          w = op.slice(w, first, last)
        end
        assert(op.sum(op.abs(x - w)):item() == 0, i)
      end
      -- of a shard alone, too
      local own = core.rand.stream(3):split "a":normal{2, 3}
      local w = op.slice(whole[1], {2 * index + 1, 1}, {2 * index + 2, 3})
      assert(op.sum(op.abs(own - w)):item() == 0)
      assert(not pcall(function() return core.rand.stream(1):permutation(2) end))
      -- of two batches one after the other
      local pair = op.concat({own, own}, 1)
      local draw = require("teasel.lib.shard").draw
      local both = draw(core.rand.stream(3):split "p", "uniform", pair, {4, 3})
      for i = 0, 1 do
        local part = op.slice(both, {2 * i + 1, 1}, {2 * i + 2, 3})
        local from = 8 * i + 2 * index
        assert(op.sum(op.abs(part - op.slice(pairs_of, {from + 1, 1}, {from + 2, 3}))):item() == 0)
      end
      -- what is no sum over rows is not made of those of one shard
      local x = core.rand.stream(3):split "a":normal{2, 3}
      local ok, why = pcall(op.logsumexp, x, 1)
      assert(not ok and why:find "logsumexp: got the rows of a shard of the batch, wanted", why)
      assert(pcall(op.logsumexp, x, 2) and not pcall(op.normalize, x))
      for _, name in ipairs{"argmax", "flip"} do
        assert(not pcall(op[name], x, 1) and pcall(op[name], x, 2), name)
      end
      -- each shard may look at its own rows, but a loss is not made of what it sees
      local seen
      for _, name in ipairs{"max", "min"} do
        local loss = T.grad(function(w, axis)
          seen = op[name](x, axis)
          return op.sum(op[name](x * w, axis))
        end)
        assert(pcall(loss, x, 2))
        local fine, message = pcall(loss, x, 1)
        assert(seen and not fine and message:find(name .. ": got the rows of a shard", 1, true))
        seen = nil
      end
      assert(pcall(T.grad(function(w)
        return T.sum(T.dist.bernoulli.nll(T.sigmoid(x * w), x))
      end), T.tensor(2)))
      assert(op.logsumexp(require("teasel.lib.shard").gather(x), 1):size() == 3)
      shard.cut(0)
      shard.finish()
      print "all"
    ]]
    assert.are.equal("all\n", text)
  end)

  it("are looked for where launchers of MPI tell of ranks, and by default 8 then", function()
    local function found(variables)
      return (output(variables .. " " .. child.lua .. [[ -e '
        package.preload["teasel.mpi"] = function() error "it is not built" end
        local place = require("teasel.run.ranks").found()
        local config = require("teasel").run.config({steps = 1, batch = 16}, nil, {})
        io.stderr:write(config.shards, place and (" rank %d of %d"):format(place.rank, place.size)
          or "")']]))
    end
    assert.are.equal("0", found "")
    assert.are.equal("8 rank 0 of 1", found "PMI_RANK=0 PMI_SIZE=1")
    assert.are.equal("0", found "PMI_RANK=0 PMI_SIZE=1 SLURM_JOB_ID=3")
    assert.matches("^lua5.4: ranks: there is no module teasel.mpi, wanted it to connect them",
      found "OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2")
  end)

  it("need a batch that can be cut", function()
    local function refused(batch, shards)
      local ok, problem = pcall(T.run.config, {steps = 1, batch = batch}, nil, {shards = shards})
      return not ok and tostring(problem)
    end
    assert.are.equal("--batch: got 20, wanted a multiple of the 8 shards, 2 images or more in each",
      refused(20, 8))
    assert.matches("2 images or more", refused(8, 8))
    assert.matches("got 6, wanted a power of two", refused(12, 6))
    assert.matches("got 4 for a script without the option 'batch'", refused(nil, 4))
    assert.is_false(refused(16, 8))
  end)

  it("take the steps of one process, up to the order of additions #slow", function()
    if not core.double then return end   -- there the order shows behind the 14th digit alone
    train "--run alone"
    train "--run four --shards 4"
    local a, b = assert(T.load(folder .. "/alone/end.h5")), assert(T.load(folder .. "/four/end.h5"))
    local x, y = T.tree.leaves(a), T.tree.leaves(b)
    assert.is_true(#x > 50 and #x == #y)
    for i = 1, #x do assert.is_true(T.allclose(x[i], y[i], {rtol = 1e-9, atol = 1e-10})) end
    -- and the same where virtual steps are computed twice
    for i, again in ipairs{"false", "true"} do
      train(("--run again-%d --shards 2 --K 2 --recompute %s"):format(i, again))
    end
    a, b = assert(T.load(folder .. "/again-1/end.h5")), assert(T.load(folder .. "/again-2/end.h5"))
    x, y = T.tree.leaves(a), T.tree.leaves(b)
    for i = 1, #x do assert.is_true(T.allclose(x[i], y[i], {rtol = 1e-9, atol = 1e-10})) end
    local runs = {}
    for i, name in ipairs{"alone", "four"} do
      runs[i] = require("dkjson").decode(scratch.read(folder, name .. "/log.jsonl"))
      runs[i].seconds = nil
    end
    for name, value in pairs(runs[1]) do
      local mean = runs[2][name]
      for k, v in ipairs(type(value) == "table" and value or {value}) do
        local m = type(mean) == "table" and mean[k] or mean
        assert.is_true(math.abs(v - m) <= 1e-9 * math.max(1, math.abs(v)), name)
      end
    end
  end)

  it("gather several tensors in one sum, rows and gradients as of each alone", function()
    local text = lua [[
      local T, core = require "teasel", require "teasel.core"
      local shard, native, op = require "teasel.lib.shard", core.shard, core.op
      native.begin(4)
      local w = T.stream(3):normal{8, 4}
      native.cut(8)
      local one, sums = op.shard_sum, 0
      op.shard_sum = function(x) sums = sums + 1 return one(x) end
      local x, y = T.stream(1):normal{2, 3}, T.stream(2):normal{2, 1}
      local a, b = shard.gather(x, y)
      assert(sums == 1 and T.allclose(a, shard.gather(x)) and T.allclose(b, shard.gather(y)))
      local function value(apart)
        return T.grad(function(v)
          local p, q = shard.gather(v[1], v[2])
          if apart then p, q = shard.gather(v[1]), shard.gather(v[2]) end
          return (op.concat({p, q}, 2) * w):square():sum()
        end)({x, y})
      end
      local together, apart = value(false), value(true)
      for i = 1, 2 do assert((together[i] - apart[i]):abs():sum():item() == 0) end
      -- what has other rows, or is the same in all, goes alone
      local c, d, e = shard.gather(x, op.concat({y, y}, 1), w)
      assert(c:size(1) == 8 and d:size(1) == 16 and T.allclose(e, w))
      native.finish()
      print "all"
    ]]
    assert.are.equal("all\n", text)
  end)

  it("end by the least of the signals that they have caught", function()
    assert.are.equal("true\t15 true\t2 true\tnil\n", (lua [[
      local ranks, native = require "teasel.run.ranks", require "teasel.core".shard
      native.begin(2)
      local second = native.place() == 1
      local said = {}
      for i, pair in ipairs{{15, nil}, {15, 2}, {nil, nil}} do
        local means, signal = ranks.terms({loss = second and 1 or 3}, pair[second and 2 or 1])
        said[i] = ("%s\t%s"):format(means.loss == 2, signal)
      end
      native.finish()
      print(table.concat(said, " "))
    ]]))
  end)

  it("are to begin with the same version, script and data", function()
    for what, change in pairs{["the version of teasel is"] = "core.version = 'another'",
        ["the script is"] = "script = 'another'", ["the data is"] = "seed = 9"} do
      local text = lua(([[
        local T, core, ranks = require "teasel", require "teasel.core", require "teasel.run.ranks"
        ranks.begin{shards = 2, threads = 1}
        local script, seed = "this one", 3
        if core.shard.place() == 1 then %s end
        local x = T.stream(seed):uniform{5, 2, 2, 1}
        local data = require("teasel.data.set").new{count = 5, shape = {2, 2, 1},
          images = function(at) return core.op.take(x, at) end}
        print(pcall(ranks.agree, {seed = 1}, script, data, {w = T.ones{2}}))
      ]]):format((change:gsub("'", '"'))))
      assert.matches("false\t.*shard 2 of 2: " .. what .. " not as in the first process\n$", text)
    end
  end)

  it("are to have the same state, streams too", function()
    local text = lua [[
      local T, ranks = require "teasel", require "teasel.run.ranks"
      ranks.begin{shards = 2, threads = 1}
      ranks.same({w = {T.ones{3}, 2, "text"}, s = T.stream(7)}, 3)
      local index = require("teasel.core").shard.place()
      print(pcall(ranks.same, {w = T.ones{3}, s = T.stream(7 + index)}, 4))
    ]]
    assert.matches("false\t.*shard 2 of 2: the state of step 4 is not as in the first process\n$",
      text)
  end)

  it("end together when one fails, and go on from the last checkpoint #slow", function()
    local straight = train "--run straight --shards 2"
    local text, status = train "--run broken --shards 2 --checkpoint 1 --fail 2"
    assert.matches("shard 2 of 2: .*this one fails; go on with %-%-run broken %-%-resume", text)
    assert.are_not.equal(0, status)
    -- `fail` is an option of the script, so that its run has to be another one
    train "--run again --shards 2 --steps 1"
    assert.are.equal(straight, (train "--run again --resume --steps 2"))
    assert.matches("got %-%-shards 4, wanted 2", (train "--run again --resume --shards 4"))
  end)

  it("tell of the one that failed what it said, and of no other place #slow", function()
    local function trained(run, step)
      return lua(([[
        local T = require "teasel"
        local core = require "teasel.core"
        local config = T.run.config({steps = 1, batch = 4}, nil, {shards = 2, run = "%s"})
        local state = {w = T.zeros{2}}
        local net = T.nn.chain{T.nn.func("first", function(x)
          return core.shard.place() == 1 and core.op.reshape(x, {7}) or x
        end), T.nn.batch_norm(2)}
        local params, stats = net:init(T.stream(1))
        local ok, problem = pcall(T.run.train, {config = config, state = state, script = "",
          step = function(_, stream)
            local x = stream:normal{4, 2}
            %s
          end})
        print(ok, problem)
      ]]):format(run, step))
    end
    local text = trained("one", "net(params, x, {train = true, stats = stats})")
    assert.matches("shard 2 of 2: .*%(in part '1' of the network: first%); go on with %-%-run one",
      text)
    assert.is_nil(text:find "part '2'")
    text = trained("both", "core.op.logsumexp(x, 1)")
    assert.matches("logsumexp: got the rows of a shard of the batch, wanted those of the whole",
      text)
    assert.is_nil(text:find "go on with")
  end)
end)
