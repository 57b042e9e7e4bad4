-- Portraits: what each factor does to the picture, and what stays of a person.

local T = require "teasel"

local portraits = T.data.portraits

local function equal(a, b) return T.eq(a, b):min():item() == 1 end
local function mean(x) return x:mean():item() end

-- the number of a factor or attribute
local function number(names, name)
  for k, other in ipairs(names) do
    if other == name then return k end
  end
end

describe("The portraits", function()
  it("are images of people, one after the other", function()
    local data = portraits{size = 32, identities = 30, images = 4}
    assert.equal(120, data:count())
    assert.equal(30, #data.classes)
    local x, factors, labels = data:batch(T.stream(1), 6)
    assert.same({6, 32, 32, 3}, x:shape())
    assert.same({6, 27}, factors:shape())
    assert.is_true(equal(data:labels(), ((T.arange(1, 120) - 1) / 4):floor()))
    assert.is_true(labels:max():item() < 30)
  end)

  it("keep what a person keeps, and vary what a moment does", function()
    local data = portraits{identities = 40, images = 10}
    local all = data:factors():reshape{40, 10, 27}
    local spread = (all:max{axes = 2} - all:min{axes = 2}):max(1):table()
    for k, name in ipairs(data.factor_names) do
      local kept = not number({"azimuth", "elevation", "light", "smile", "glasses", "background",
        "mouth", "hat", "blur"}, name)
      assert.equal(not kept, spread[k] > 0, name)
    end
  end)

  it("turn to the other side as in a mirror", function()
    local x = portraits.draw({azimuth = T.tensor{-40, 40}, light = 0, style = 3}, {size = 32})
    assert.is_true(mean((T.take(x[{{1, 1}}], T.arange(32, 1, -1), 3) - x[{{2, 2}}]):abs()) < 1e-4)
  end)

  it("have skin, hair and ground of their own colours", function()
    local x = portraits.draw({skin = T.tensor{0, 1}, background = T.tensor{0, 1}})
    local cheek = x[{{}, {38, 42}, {26, 38}}]:mean{axes = {2, 3, 4}}:table()
    assert.is_true(cheek[1] > 1.6 * cheek[2])
    local corner = x[{{}, 1, 1}]:table()
    for j, wanted in ipairs{.25, .3, .4} do assert.near(wanted, corner[1][j], 1e-6) end
    for j, wanted in ipairs{.85, .82, .76} do assert.near(wanted, corner[2][j], 1e-6) end
    local top = portraits.draw({hair = T.tensor{0, 1}})[{{}, {8, 12}, {28, 36}}]
      :mean{axes = {2, 3, 4}}:table()
    assert.is_true(top[2] > 3 * top[1])
  end)

  it("wear dark glasses before their eyes", function()
    local x = portraits.draw{glasses = T.tensor{0, 1, 2}}
    local eye = x[{{}, {26, 31}, {22, 28}}]:mean{axes = {2, 3, 4}}:table()
    assert.is_true(eye[3] < .5 * eye[1] and eye[2] < eye[1])
    assert.is_true(equal(x[{{}, {50, 60}}][1], x[{{}, {50, 60}}][2]))
  end)

  it("change where a smile or a beard is, and there alone", function()
    local rows = {smile = {30, 50}, beard = {36, 64}}
    for name, where in pairs(rows) do
      local x = portraits.draw{[name] = T.tensor{0, 1}}
      local moved = (x[1] - x[2]):abs():max{axes = {2, 3}}
      assert.is_true(moved:max():item() > .1, name)
      for row, most in ipairs(moved:table()) do
        if row < where[1] or row > where[2] then assert.is_true(most < .02, name .. row) end
      end
    end
  end)

  it("show each of their factors, where it belongs #slow", function()
    -- rows and columns of 64, in a face seen from the front
    local where = {mouth = {38, 56, 20, 45}, hat = {1, 34, 1, 64}, brows = {20, 32, 14, 51},
      arch = {20, 32, 14, 51}, bags = {28, 42, 16, 49}, blush = {32, 44, 14, 51},
      lipstick = {40, 52, 20, 45}, makeup = {22, 36, 14, 51}, weight = {24, 64, 8, 57},
      recede = {1, 34, 8, 57}, earrings = {28, 50, 8, 57}, neck = {50, 64, 12, 53},
      clothes = {54, 64, 1, 64}, wave = {1, 64, 1, 64}}
    for name, at in pairs(where) do
      local x = portraits.draw({[name] = T.tensor{0, 1}, light = 0, skin = .2})
      local moved = (x[1] - x[2]):abs():max{axes = 3}
      assert.is_true(moved:max():item() > .08, name)
      local outside = moved:sum():item() - moved[{{at[1], at[2]}, {at[3], at[4]}}]:sum():item()
      -- but for what their shadows do
      assert.is_true(outside < .08 * moved:sum():item(), name .. outside)
    end
    -- kinds of beard are where they grow: on the lip, the chin, beside the cheeks
    local x = portraits.draw({whiskers = T.tensor{0, 1, 2, 3}, beard = 1, hair = 0, light = 0})
    local bare = portraits.draw({beard = T.tensor{0}, hair = 0, light = 0})
    local function darker(kind, rows, columns)
      return (bare[{1, rows, columns}] - x[{kind + 1, rows, columns}]):mean():item()
    end
    local lip, chin, side = {41, 42}, {48, 50}, {34, 39}
    assert.is_true(darker(0, lip, {29, 36}) > .1 and darker(0, chin, {29, 36}) > .1)
    assert.is_true(darker(1, lip, {29, 36}) > .1 and darker(1, chin, {29, 36}) < .02)
    assert.is_true(darker(2, chin, {29, 36}) > .1 and darker(2, lip, {29, 36}) < .05)
    assert.is_true(darker(3, side, {18, 21}) > .1 and darker(3, chin, {29, 36}) < .02)
  end)

  it("are soft where they are blurred, of the same mean", function()
    local x = portraits.draw{blur = T.tensor{0, 1}}
    local function edges(y) return (y[{{2, 64}}] - y[{{1, 63}}]):abs():mean():item() end
    assert.is_true(edges(x[2]) < .7 * edges(x[1]))
    assert.near(mean(x[1]), mean(x[2]), .01)
    -- and only these: the others of a batch stay as they are
    assert.is_true(equal(x[1], portraits.draw({blur = T.tensor{0}})[1]))
  end)

  it("grow grey with age, and have hair where their style says", function()
    local x = portraits.draw{age = T.tensor{0, 1}}
    local hair = x[{{}, {8, 12}, {28, 36}}]:mean{axes = {2, 3}}:table()
    assert.is_true(hair[1][1] > 1.5 * hair[1][3] and hair[2][1] < 1.1 * hair[2][3])
    -- bald, short and fringe at the forehead; short and long beside the neck
    local styles = portraits.draw{style = T.tensor{0, 1, 2, 3}, hair = 0}
    local brow = styles[{{}, {18, 20}, {29, 35}}]:mean{axes = {2, 3, 4}}:table()
    local neck = styles[{{}, {50, 53}, {17, 19}}]:mean{axes = {2, 3, 4}}:table()
    assert.is_true(brow[3] < .6 * brow[1] and brow[2] > .8 * brow[1])
    assert.is_true(neck[4] < .6 * neck[2])
  end)

  it("have attributes that their factors tell", function()
    local data = portraits{identities = 400, images = 2, attributes = true}
    local values = portraits{identities = 400, images = 2}:factors()
    local names, told = data.factor_names, data:factors()
    assert.same({800, #names}, told:shape())
    assert.is_true(equal(told, T.gt(told, .5)))
    local function attribute(name) return told[{{}, number(names, name)}] end
    local function factor(name) return values[{{}, number(portraits.factor_names, name)}] end
    assert.is_true(equal(attribute "Bald", T.eq(factor "style", 0)))
    assert.is_true(equal(attribute "Eyeglasses", T.gt(factor "glasses", 0)))
    assert.is_true(equal(attribute "Smiling", T.gt(factor "smile", .5)))
    assert.is_true(equal(attribute "Young", T.lt(factor "age", .6)))
    assert.equal(40, #names)
    for name, from in pairs{Wearing_Hat = "hat", Wearing_Earrings = "earrings"} do
      assert.is_true(equal(attribute(name), factor(from)), name)
    end
    assert.is_true(equal(attribute "Wearing_Necktie", T.eq(factor "neck", 2)))
    -- what excludes or includes each other
    local function never(a, b) assert.equal(0, (a * b):sum():item()) end
    for _, colour in ipairs{"Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair", "Bangs",
      "Wavy_Hair", "Straight_Hair", "Receding_Hairline"} do
      never(attribute "Bald", attribute(colour))
    end
    never(attribute "Gray_Hair", attribute "Black_Hair")
    never(attribute "Wavy_Hair", attribute "Straight_Hair")
    for _, beard in ipairs{"Goatee", "Mustache", "Sideburns", "5_o_Clock_Shadow"} do
      never(attribute "No_Beard", attribute(beard))
    end
    never(attribute "Double_Chin", 1 - attribute "Chubby")
    never(attribute "Sunglasses", 1 - attribute "Eyeglasses")
    local share = told:mean(1):table()
    for k, name in ipairs(names) do
      assert.is_true(share[k] > .01 and share[k] < .99, name .. share[k])
    end
  end)

  it("are told by their options alone", function()
    local function draw(seed) return portraits{size = 16, seed = seed}:images(T.arange(1, 3)) end
    assert.is_true(equal(draw(1), draw(1)))
    assert.is_true(mean((draw(1) - draw(2)):abs()) > .02)
    local keys = {}
    for _, o in ipairs{{}, {size = 32}, {seed = 3}, {images = 7}, {identities = 7}} do
      local key = portraits(o).key()
      assert.is_nil(keys[key])
      keys[key] = true
    end
  end)

  it("say what is wrong", function()
    assert.error_matches(function() portraits{identities = 0} end, "'identities': got 0, wanted")
    assert.error_matches(function() portraits{identities = 1e5 // 1 | 0, images = 100} end,
      "got 10000000 images, wanted at most 1000000")
    assert.error_matches(function() portraits.draw{smyle = 1} end, "did you mean 'smile'")
    assert.error_matches(function() portraits.draw{smile = 1} end, "got no tensor, wanted")
  end)
end)

describe("the head of portraits", function()
  it("is whole after an attempt that failed half-way", function()
    local core = require "teasel.core"
    local name = "teasel.data.generator.portrait_head"
    local loaded, tanh = package.loaded[name], core.op.tanh
    package.loaded[name] = nil
    local new = require(name)
    package.loaded[name] = loaded
    core.op.tanh = function() error "no memory" end
    local ok = pcall(new)
    core.op.tanh = tanh
    assert.is_false(ok)
    assert.is_truthy(new().hair_rows)
  end)
end)
