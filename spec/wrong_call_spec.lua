-- Wrong calls of everything that the core offers. A call may turn out to be right after all (NaN is
-- a number); if not, it has to raise an error that names the function, the argument, what was got
-- and what was wanted. Nothing crashes, and no memory is lost.

local core = require "teasel.core"
local draw = require "spec.draw"
local rows = require "spec.rows"
local wrong = require "spec.wrong"

local STRESS = os.getenv "TEASEL_STRESS" ~= nil   -- a collection at every allocation takes time
local CALLS = STRESS and 1000 or 10000   -- with several wrong arguments; some 20,000 have one

-- subjects: see spec/wrong.lua

local first_row = {}
for _, row in ipairs(rows) do
  if not row.values then first_row[row.op] = first_row[row.op] or row end
end

-- an op, called as in a spec row, its attributes in order
local function op_subject(op, row)
  local args = {}
  for k, arg in ipairs(op.args) do
    local takes = arg.default and "nil" or ""
    if arg.kind == "boolean" then takes = "nil boolean" end
    args[k] = {name = arg.name, takes = takes}
  end
  local function make()
    local rand, operands = draw.stream(op.name), {}
    for k, input in ipairs(row.inputs) do
      operands[k] = type(input) == "number" and operands[input] or draw.tensor(input(rand))
    end
    if op.args[1].kind == "tensors" then operands = {operands} end
    for k = #operands + 1, #op.args do operands[k] = (row.with or {})[op.args[k].name] end
    return operands
  end
  return {who = op.name, f = core.op[op.name], args = args, make = make}
end

-- the same with the attributes by name; nil for an op without
local function named_subject(op, row)
  local operands = 0
  for _, arg in ipairs(op.args) do
    if arg.kind:find "^tensor" then operands = operands + 1 end
  end
  if operands == #op.args then return end
  local subject = op_subject(op, row)
  local kind = op.args[operands + 1].kind
  if kind == "shape" or kind == "sizes" then  -- an empty table is then a shape
    subject.args[operands + 1].takes = "nil"
  end
  function subject.f(...)
    local args, options = {...}, {}
    for k = operands + 1, #op.args do options[op.args[k].name] = args[k] end
    args[operands + 1] = options
    return core.op[op.name](table.unpack(args, 1, operands + 1))
  end
  subject.by_name = true
  return subject
end

local subjects = {}

for _, op in ipairs(core.op.registry()) do
  subjects[#subjects + 1] = op_subject(op, first_row[op.name])
  subjects[#subjects + 1] = named_subject(op, first_row[op.name])
end

-- {function, its name in errors, arguments as {name, what else it takes, value or its maker}...}
local ones = core.tensor.ones

local function matrix() return core.tensor.tensor {{2, 1}, {1, 3}} end
local function vector() return ones(3) end
local function stream() return core.rand.stream(1) end
local function bytes() return core.bytes.bytes("abcdef", {3, 2}) end
local function leaf() return core.grad.leaf(ones(3)) end

local function stress(on)
  core.stress(on)
  core.stress(STRESS)
end

local others = {
  {core.tensor.tensor, "tensor", {"value", "", 1}},
  {core.tensor.zeros, "zeros", {"shape", "", {2, 3}}},
  {core.tensor.ones, "ones", {"shape", "", {2, 3}}},
  {core.tensor.full, "full", {"shape", "", {2, 3}}, {"value", "", 1}},
  {core.tensor.arange, "arange", {"from", "", 1}, {"to", "", 9}, {"step", "nil", 2}},
  {core.tensor.linspace, "linspace", {"from", "", 0}, {"to", "", 1}, {"count", "", 5}},

  {"shape", "shape", {"x", "", vector}},
  {"size", "size", {"x", "", vector}, {"axis", "nil", 1}},
  {"numel", "numel", {"x", "", vector}},
  {"is_mask", "is_mask", {"x", "", vector}},
  {"rank", "rank", {"x", "", vector}},
  {"item", "item", {"x", "", function() return ones(1) end}},
  {"table", "table", {"x", "", matrix}},
  {"head", "head", {"x", "", vector}, {"count", "", 2}},
  {"data", "data", {"x", "", vector}},
  {"release", "release", {"x", "released", vector}},
  {"bytes", "bytes", {"x", "", vector}, {"lo", "nil", 0}, {"hi", "nil", 1}},
  {function(i) return vector()[i] end, "index", {"i", "", 1}},
  {core.tensor.has_shape, "has_shape",
   {"x", "string boolean function coroutine file released stream bytes nil", vector},
   {"shape", "released", {2}}},
  {core.tensor.assign, "assign", {"x", "", vector}, {"data", "string", vector():data()}},

  {core.grad.record, "record", {"on", "boolean", false}, careful = true},
  {core.grad.leaf, "leaf", {"x", "", vector}},
  {core.grad.constant, "stop_gradient", {"x", "", leaf}},
  {core.grad.recorded, "recorded", {"x", "", vector}},
  {core.grad.backward, "backward", {"y", "", function() return {leaf()} end},
   {"seed", "", function() return {vector()} end}, {"x", "", function() return {leaf()} end}},

  {core.rand.stream, "stream", {"seed", "", 1}, {"name", "string nil", "noise"}},
  {core.rand.stream_at, "stream_at", {"key", "", 1}, {"step", "", 2}},
  {stream().split, "split", {"stream", "stream", stream}, {"name", "string", "a"}},
  {stream().state, "state", {"stream", "stream", stream}},
  {stream().seek, "seek", {"stream", "stream", stream}, {"step", "", 3}},
  {stream().assign, "assign", {"stream", "stream", stream}, {"key", "", 1}, {"step", "", 2}},
  {stream().uniform, "uniform", {"stream", "stream", stream}, {"shape", "", {2}},
   {"lo", "nil", 0}, {"hi", "nil", 1}},
  {stream().normal, "normal", {"stream", "stream", stream}, {"shape", "", {2}},
   {"mean", "nil", 0}, {"sd", "nil", 1}},
  {stream().integers, "integers", {"stream", "stream", stream}, {"shape", "", {2}}, {"lo", "", 1},
   {"hi", "", 6}, word = "range"},
  {stream().permutation, "permutation", {"stream", "stream", stream}, {"n", "", 5}},
  {stream().categorical, "categorical", {"stream", "stream", stream}, {"weights", "", matrix}},

  {core.linalg.solve, "solve", {"a", "", matrix}, {"b", "", matrix}, word = "rows"},
  {core.linalg.cholesky, "cholesky", {"a", "", matrix}, word = "row"},
  {core.linalg.eigh, "eigh", {"a", "", matrix}, word = "row"},
  {core.linalg.svd, "svd", {"a", "", matrix}, word = "rows"},

  {core.bytes.bytes, "bytes", {"string", "string", "abcdef"}, {"shape", "nil", {2, 3}}},
  {core.bytes.gunzip, "gunzip", {"path", "string", "/nothing"}, {"limit", "", 1000}},
  {bytes().shape, "shape", {"bytes", "bytes", bytes}},
  {bytes().string, "string", {"bytes", "bytes", bytes}, {"first", "nil", 1}, {"last", "nil", 2}},
  {bytes().take, "take", {"bytes", "bytes", bytes}, {"index", "nil", function() return ones(2) end},
   {"scale", "nil", 1}, {"shift", "nil", 0}},
  {bytes().drop, "drop", {"bytes", "bytes", bytes}, {"n", "", 2}, {"shape", "", {2, 2}}},

  {core.optim.update, "update", {"rule", "string", "momentum"}, {"weights", "", vector},
   {"gradient", "", vector}, {"slots", "", function() return {vector()} end},
   {"rates", "", function() return {lr = 0.1, b1 = 0.9} end}, word = "lr"},
  {core.optim.blend, "blend", {"y", "", vector}, {"x", "", vector}, {"rate", "", 0.1}},

  {core.fail_at, "fail_at", {"n", "", 0}, careful = true},
  {stress, "stress", {"on", "boolean", false}, careful = true},
  {core.threads, "threads", {"n", "nil", nil}, careful = true},
  {core.kernels, "kernels", {"level", "nil", nil}, careful = true},
  {core.precision, "precision", {"name", "nil", nil}, careful = true},
}

for _, other in ipairs(others) do
  if type(other[1]) == "string" then other[1] = core.tensor.methods[other[1]] end
  subjects[#subjects + 1] = wrong.subject(other)
end

describe("A wrong call", function()
  local live

  setup(function()
    collectgarbage()
    live = core.memory().live
  end)

  for _, subject in ipairs(subjects) do
    local name = subject.who .. (subject.by_name and ", attributes by name," or "")
    it("of " .. name .. " is answered with what was wrong", function()
      assert.are.same({}, wrong.systematically(subject))
    end)
  end

  it("with several wrong arguments is answered with one of them", function()
    local rand, faults = draw.stream "wrong calls", {}
    for _ = 1, CALLS do
      local subject = subjects[1 + math.floor(#subjects * rand())]
      if not subject.careful and #faults < 5 then
        faults[#faults + 1] = wrong.at_random(subject, rand)
      end
    end
    assert.are.same({}, faults)
  end)

  it("of concat with tensors of other ranks, or of none, is refused", function()
    local zeros = core.tensor.zeros
    for _, other in ipairs{core.tensor.tensor(7), zeros{2, 8}, zeros{1, 1, 1}} do
      assert.error_matches(function() core.op.concat{zeros{16}, other} end,
        "concat: argument 'list': got the shapes %[16%] and ")
      assert.has_error(function() core.op.concat{other, zeros{16}} end)
    end
  end)

  it("keeps no memory", function()
    collectgarbage()
    assert.are.equal(live, core.memory().live)
  end)
end)
