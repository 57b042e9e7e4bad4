-- The 40 binary attributes of portraits, each a function of what is drawn and of nothing else:
-- CelebA's by name (Liu et al. 2015) but for Attractive and Male, and Long_Hair and Sunglasses.
-- Where a number says how much there is of something, the threshold is ours.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local ops = require "teasel.op.composed"

local op = core.op

local function gt(name, least) return function(f) return op.gt(f[name], least) end end
local function lt(name, most) return function(f) return op.lt(f[name], most) end end
local function eq(name, kind) return function(f) return op.eq(f[name], kind) end end
-- the numbers of the head's shape: those of teasel.data.generator.head, in its order
local function shape(k) return function(_, who) return op.reshape(who[{{}, k}], {#who}) end end

local function haired(f) return op.gt(f.style, .5) end
local function grey(f) return op.gt(f.age, .75) end
-- hair of a colour between two values, and not grey
local function coloured(low, high)
  return function(f)
    return haired(f) * (1 - grey(f)) * op.ge(f.hair, low) * op.lt(f.hair, high)
  end
end
-- a beard of a kind; less than half of one is stubble of no kind
local function whiskers(kind)
  return function(f) return op.ge(f.beard, .5) * op.eq(f.whiskers, kind) end
end
-- the sum of two numbers of the shape, the second times `sign`, above a value
local function both(k, l, sign, least)
  return function(f, who) return op.gt(shape(k)(f, who) + shape(l)(f, who) * sign, least) end
end

local LIST = {
  {"5_o_Clock_Shadow", function(f) return op.ge(f.beard, .15) * op.lt(f.beard, .5) end},
  {"Arched_Eyebrows", gt("arch", .5)},
  {"Bags_Under_Eyes", gt("bags", .4)},
  {"Bald", eq("style", 0)},
  {"Bangs", function(f) return op.eq(f.style, 2) + op.eq(f.style, 4) end},
  {"Big_Lips", function(f, who) return op.gt(shape(14)(f, who), .8) end},
  {"Big_Nose", both(8, 9, 1, 1)},
  {"Black_Hair", coloured(0, .2)},
  {"Blond_Hair", coloured(.8, 2)},
  {"Blurry", gt("blur", .3)},
  {"Brown_Hair", coloured(.2, .65)},
  {"Bushy_Eyebrows", gt("brows", .7)},
  {"Chubby", gt("weight", .5)},
  {"Double_Chin", gt("weight", .7)},
  {"Eyeglasses", gt("glasses", .5)},
  {"Goatee", whiskers(2)},
  {"Gray_Hair", function(f) return haired(f) * grey(f) end},
  {"Heavy_Makeup", gt("makeup", .5)},
  {"High_Cheekbones", function(f, who) return op.gt(shape(15)(f, who), .8) end},
  {"Mouth_Slightly_Open", function(f)
    return op.maximum(op.gt(f.mouth, .3), op.gt(f.smile, .6))
  end},
  {"Mustache", function(f)
    return op.ge(f.beard, .5) * op.lt(f.whiskers, 1.5)   -- a full beard has one, too
  end},
  {"Narrow_Eyes", function(f, who) return op.lt(shape(12)(f, who), -.8) end},
  {"No_Beard", lt("beard", .15)},
  {"Oval_Face", both(2, 1, -1, .8)},
  {"Pale_Skin", lt("skin", .2)},
  {"Pointy_Nose", both(8, 9, -1, 1)},
  {"Receding_Hairline", function(f) return op.eq(f.style, 1) * op.gt(f.recede, .4) end},
  {"Rosy_Cheeks", gt("blush", .5)},
  {"Sideburns", function(f)
    return op.ge(f.beard, .5) * (op.eq(f.whiskers, 0) + op.eq(f.whiskers, 3))
  end},
  {"Smiling", gt("smile", .5)},
  {"Straight_Hair", function(f) return haired(f) * op.lt(f.wave, .4) end},
  {"Wavy_Hair", function(f) return haired(f) * op.gt(f.wave, .6) end},
  {"Wearing_Earrings", eq("earrings", 1)},
  {"Wearing_Hat", eq("hat", 1)},
  {"Wearing_Lipstick", gt("lipstick", .3)},
  {"Wearing_Necklace", eq("neck", 1)},
  {"Wearing_Necktie", eq("neck", 2)},
  {"Young", lt("age", .6)},
  {"Long_Hair", function(f) return op.eq(f.style, 3) + op.eq(f.style, 4) end},
  {"Sunglasses", gt("glasses", 1.5)},
}

local attributes = {names = {}}
for i, row in ipairs(LIST) do attributes.names[i] = row[1] end

-- of(f, who) -> [n 40]: f a table of the factors [n], who [n 16] the numbers of the heads' shapes
function attributes.of(f, who)
  local columns = {}
  for i, row in ipairs(LIST) do columns[i] = row[2](f, who) end
  return ops.stack(columns, 2)
end

check.functions("portrait_attributes.", attributes, {of = "f: table, who: tensor"})

return attributes
