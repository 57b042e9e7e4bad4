local T = require "teasel"
local expect = require "spec.expect"

local near, refused = expect.near, expect.refused
local tree = T.tree

-- A tree with numbers and strings as keys and leaves at three depths.
local function example()
  return {
    {weight = T.tensor{1, 2}, bias = T.tensor{3}}, {}, {weight = T.tensor{{4}}},
    zeta = T.tensor(5), alpha = {deep = {T.tensor(6)}},
  }
end

local NAMES = {"1.bias", "1.weight", "3.weight", "alpha.deep.1", "zeta"}

describe("tree.is_tensor", function()
  it("tells tensors from everything else", function()
    assert.is_true(tree.is_tensor(T.zeros{2}))
    for _, x in ipairs{1, "x", {}, T.stream(1), T.bytes "a", print, io.stdout, false} do
      assert.is_false(tree.is_tensor(x))
    end
    assert.is_false(tree.is_tensor(nil))
  end)
end)

describe("tree.is_bytes", function()
  it("tells arrays of bytes from everything else", function()
    assert.is_true(tree.is_bytes(T.bytes "a"))
    for _, x in ipairs{1, "x", {}, T.stream(1), T.zeros{2}, print, io.stdout, false} do
      assert.is_false(tree.is_bytes(x))
    end
    assert.is_false(tree.is_bytes(nil))
  end)
end)

describe("tree.keys", function()
  it("are numbers first, in order, then strings by the alphabet", function()
    assert.are.same({1, 2, 10, "a", "b", "ba"},
      tree.keys{b = 0, [10] = 0, a = 0, [2] = 0, ba = 0, [1] = 0})
    assert.are.same({"a", "b", "c", "d"}, tree.keys{d = 0, b = 0, c = 0, a = 0})
    assert.are.same({-2, 0.5, 1, 3}, tree.keys{[3] = 0, [-2] = 0, 0, [0.5] = 0})
    assert.are.same({}, tree.keys{})
  end)
end)

describe("a tree", function()
  it("may have booleans as keys, which come last, but no others", function()
    assert.are.same({-1, 0.5, 2, "2", "a", false, true},
      tree.keys{[true] = 0, a = 0, [0.5] = 0, [false] = 0, [2] = 0, [-1] = 0, ["2"] = 0})
    local _, names = tree.leaves{[true] = {T.tensor(1)}, a = T.tensor(2)}
    assert.are.same({"a", "true.1"}, names)
    refused("tree: got a key that is a table", tree.keys, {[{}] = 1})
    refused("tree: got a key that is a function", tree.map, tostring, {[print] = 1})
  end)

  it("is at most 1,000 tables deep", function()
    local deep, at = {}, nil
    at = deep
    for _ = 1, 300000 do
      at[1] = {}
      at = at[1]
    end
    local told = "got tables more than 1000 deep inside one another, wanted at most that"
    refused("tree.leaves: " .. told, tree.leaves, deep)
    refused("tree.map: " .. told, tree.map, tostring, deep)
    assert.error_matches(function() T.save("none.h5", deep) end,
      "save: argument 'value': got what a file %.h5 cannot hold: value/1/1.* is nested too deep")
  end)

  it("is not inside of itself, though it may stand in two places", function()
    local loop = {a = {{T.tensor(1)}}}
    loop.a[1].b = loop.a
    refused("tree.leaves: got a table inside of itself", tree.leaves, loop)
    refused("tree.map: got a table inside of itself", tree.map, tostring, loop)
    refused("tree.leaves: got a table inside of itself", tree.size, loop)
    local twice = {T.tensor(1)}
    assert.are.equal(2, #tree.leaves{twice, {twice}})
  end)
end)

describe("tree.leaves", function()
  it("lists tensors in that order, with their paths", function()
    local list, names = tree.leaves(example())
    assert.are.same(NAMES, names)
    for i, wanted in ipairs{{3}, {1, 2}, {{4}}, 6, 5} do near(list[i], wanted, 0) end
  end)

  it("does not depend on the order in which a tree was made", function()
    local forward, backward = {}, {}
    for i = 1, 40 do forward["k" .. i] = T.tensor(i) end
    for i = 40, 1, -1 do backward["k" .. i] = T.tensor(i) end
    local _, one = tree.leaves(forward)
    local _, two = tree.leaves(backward)
    assert.are.same(one, two)
  end)

  it("takes a tensor for a tree, and nothing else for a leaf", function()
    local x = T.tensor(1)
    assert.are.same({x}, (tree.leaves(x)))
    assert.are.same({}, (tree.leaves{1, "a", {true}, T.stream(1), setmetatable({x}, {})}))
    assert.are.same({}, (tree.leaves(3)))
  end)
end)

describe("tree.beside", function()
  it("lists the tensors of another tree in the order of the first", function()
    local other = tree.map(function(x) return x * 10 end, example())
    local list = tree.beside(example(), other)
    assert.are.equal(#NAMES, #list)
    for i, wanted in ipairs{{30}, {10, 20}, {{40}}, 60, 50} do near(list[i], wanted, 0) end
    local x, y = T.tensor(1), T.tensor(2)
    assert.are.same({y}, tree.beside(x, y))
    assert.are.same({}, tree.beside({1, "a", {}}, {2, "b", {}}))
  end)

  it("is nil where the two have another form", function()
    local x = T.tensor(1)
    for _, two in ipairs{{{a = x}, {}}, {{}, {a = x}}, {{a = x}, {b = x}}, {{a = x}, {a = {x}}},
        {{a = {x}}, {a = x}}, {{a = x}, {a = 1}}, {{a = 1}, {a = x}}, {{a = x}, {a = x, b = 1}},
        {{a = x, b = {}}, {a = x}}, {x, {x}}, {{x}, setmetatable({x}, {})}} do
      assert.is_nil(tree.beside(two[1], two[2]))
    end
    local loop = {}
    loop[1] = loop
    refused("tree.beside: got a table inside of itself", tree.beside, loop, loop)
  end)
end)

describe("tree.map", function()
  it("maps every leaf and keeps the form", function()
    local new = tree.map(function(x) return x * 10 end, example())
    local list, names = tree.leaves(new)
    assert.are.same(NAMES, names)
    for i, wanted in ipairs{{30}, {10, 20}, {{40}}, 60, 50} do near(list[i], wanted, 0) end
    assert.are.same({}, new[2])
  end)

  it("hands over the leaves of further trees at the same places", function()
    local a = {T.tensor(1), {b = T.tensor(2)}}
    local b = {T.tensor(10), {b = T.tensor(20)}, more = T.tensor(0)}
    local c = {"one", {b = "two"}}
    local seen = {}
    local new = tree.map(function(x, y, z)
      seen[#seen + 1] = z
      return x + y
    end, a, b, c)
    near(new[1], 11, 0)
    near(new[2].b, 22, 0)
    assert.are.same({"one", "two"}, seen)
    assert.is_nil(new.more)
  end)

  it("carries along what is neither a plain table nor a tensor", function()
    local object = setmetatable({T.tensor(1)}, {})
    local new = tree.map(function() error "never" end, {1, "text", {object, false}})
    assert.are.same({1, "text", {object, false}}, new)
    assert.are.equal(object, new[3][1])
  end)

  it("never calls the function for an empty tree, and gives a new table", function()
    local t = {}
    local new = tree.map(error, t)
    assert.are.same({}, new)
    assert.are_not.equal(t, new)
  end)

  it("refuses a further tree of another form", function()
    local pass = function(x) return x end
    refused("tree.map: got a tree without 'b', wanted the form of the first", tree.map, pass,
      {a = T.tensor(1), b = T.tensor(2)}, {a = T.tensor(1)})
    refused("tree.map: got a tree without 'a'", tree.map, pass, {a = {T.tensor(1)}}, {T.tensor(1)})
  end)
end)

describe("tree.build", function()
  it("puts a list of leaves back into their places", function()
    local t = example()
    local list = tree.leaves(t)
    for i, x in ipairs(list) do list[i] = x + 100 end
    local new = tree.build(t, list)
    near(new[1].bias, {103}, 0)
    near(new.alpha.deep[1], 106, 0)
    near(t[1].bias, {3}, 0)
  end)
end)

describe("tree.copy", function()
  it("is not reached by updates in place", function()
    local t = {w = T.tensor{1, 2}}
    local copy = tree.copy(t)
    local sgd = T.optim.sgd{lr = 1}
    sgd:update(t, {w = T.ones{2}}, sgd:init(t))
    near(t.w, {0, 1}, 0)
    near(copy.w, {1, 2}, 0)
  end)

  it("has the same bits: -0, infinities, NaN and the smallest numbers", function()
    local x = T.tensor{-0.0, 0, 1 / 0, -1 / 0, 0 / 0, 1e-45, -1e-45, 3e38}
    assert.are.equal(x:data(), tree.copy{x}[1]:data())
  end)
end)

describe("tree.size", function()
  it("counts the items of all tensors", function()
    assert.are.equal(6, tree.size(example()))
    assert.are.equal(0, tree.size{T.zeros{0, 5}, "x"})
    assert.are.equal(12, tree.size(T.zeros{3, 4}))
  end)
end)
