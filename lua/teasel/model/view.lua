-- Views: what a trained model can do for someone who has never seen its script. Reports, scores and
-- tools ask a run for its view and for nothing else.
--
--   local v = T.run.open("runs/demo").view       -- or T.vae.view(model, params), T.gan.view(...)
--   v.represent(images)                          -- codes [n D] of images [n h w c] in [0, 1]
--   local z = v.prior(T.stream(1), 8)            -- latents [8 L], as the model draws them
--   v.decode(z)                                  -- images [8 h w c] in [0, 1]
--   for i, l in ipairs(v.latents) do print(l.name, l.kind, l.range[1], l.range[2]) end
--   v.decode(v:sweep(z, 3, v:line(3, 10)))       -- ten images for each row of z, along latent 3
--
-- A model may lack some of it: what only represents has no `decode`, `prior` and no latents; what
-- only draws has no `represent`. Where it has them,
--   represent(images) -> codes [n D]
--   posterior(images) -> mean [n D], log variance [n D] of q(z|x); `represent` gives these means
--   decode(latents [n L]) -> images in [0, 1], whatever range the network itself works in
--   prior(stream, n) -> latents [n L]
--   recognise(images, stream) -> latents [n L]: a draw of the prior in which what the model reads
--     from the images has its place, where codes are not latents
--   latents    a list, in the order of the columns of [n L], of {name =, kind =, range =, width =,
--              noise =, first =, last =, code =, probabilities =}: `width` columns, first..last,
--              hold it
--     gaussian     N(0, 1), one number; range: what a traversal shows, {-3, 3}
--     uniform      U(-1, 1), one number; range {-1, 1}
--     categorical  a one-hot row of `width` columns; range {1, width}, its categories
--     content      what a content/style model reads of an image's class: drawn, never swept
--     noise: it is drawn and never swept; so is any gaussian or uniform one of several columns
--     code: the column of [n D] that estimates this latent; nil where none does
--     probabilities: of a categorical one, the first of `width` columns of [n D] that hold what the
--       model says of each category; nil where none do
-- A model that takes style from content (see teasel.model.content_view) has
--   represent_content(images) -> [n S], represent_style(images) -> [n Z]
--   sample_style(images, stream) -> [n Z], drawn from the style's posterior
--   decode(content [n S], style [n Z]) -> images, besides that of latents
--   v:swap(contents, styles) -> all combinations of the contents and styles of two batches

local check = require "teasel.lib.check"
local core = require "teasel.core"
local fail = require "teasel.lib.fail"
local ops = require "teasel.op.composed"
local options = require "teasel.options"

local op, tensor = core.op, core.tensor

local View = {}
View.__index = View

-- functions, of which a view may lack some
local CAN = "represent posterior decode prior recognise represent_content represent_style "
  .. "sample_style"

local RANGES = {gaussian = {-3, 3}, uniform = {-1, 1}}   -- shown, where a latent gives none
local KINDS = {gaussian = true, uniform = true, categorical = true, content = true}

-- A latent as it was given, completed; `before`: the columns in front of it.
local function read_latent(i, given, before)
  local who = ("view: latent %d"):format(i)
  local o = options.read(who, given, {name = "z" .. i, kind = "gaussian", range = options.any,
    width = 1, noise = false, code = options.any, probabilities = options.any})
  if not KINDS[o.kind] then options.unknown(who .. ": kind", o.kind, KINDS) end
  check.count(who, "option 'width'", o.width)
  if o.kind == "categorical" then
    o.range = {1, o.width}
  elseif o.kind ~= "content" then
    o.range = o.range or RANGES[o.kind]
    check.numbers(who, "option 'range'", o.range)
    if #o.range ~= 2 or o.range[1] >= o.range[2] then
      check.wrong(who, "option 'range'", o.range, "{least, greatest}")
    end
  end
  if o.noise and (o.kind == "categorical" or o.kind == "content") then
    check.wrong(who, "option 'noise'", o.noise, "false for one that is " .. o.kind)
  end
  o.noise = o.noise or o.width > 1 and (o.kind == "gaussian" or o.kind == "uniform")
  if o.probabilities and o.kind ~= "categorical" then
    check.wrong(who, "option 'probabilities'", o.probabilities, "none for one that is " .. o.kind)
  end
  for _, name in ipairs{"code", "probabilities"} do
    if o[name] then check.count(who, ("option '%s'"):format(name), o[name]) end
  end
  o.first, o.last = before + 1, before + o.width
  return o
end

-- A function of a view, which is a field: view.decode(z). Called like a method it says so.
local function field(self, name, f)
  return function(first, ...)
    if rawequal(first, self) then
      fail("view.%s: got view:%s(...), wanted view.%s(...), with a point", name, name, name)
    end
    return f(first, ...)
  end
end

-- view{represent =, posterior =, decode =, prior =, recognise =, latents =} -> a view; see the head
-- of this file. Of `represent` and `posterior` one is enough. A latent is {name =, kind =},
-- with range, width (of a categorical one: its categories), noise, code and probabilities where
-- they are not the default: "z1" and so on, "gaussian", 1, false, nil. What is missing or wrong is
-- an error.
local function new(given)
  local self = options.read("view", given, {represent = options.any, posterior = options.any,
    decode = options.any, prior = options.any, recognise = options.any, latents = {},
    represent_content = options.any, represent_style = options.any, sample_style = options.any})
  local posterior = self.posterior
  self.represent = self.represent or posterior and function(images) return (posterior(images)) end
  for name in CAN:gmatch "%S+" do
    if self[name] then
      self[name] = field(self, name, check.callable("view", ("option '%s'"):format(name),
        self[name]))
    end
  end
  if not (self.represent or self.posterior or self.decode) then
    fail "view: got none of represent, posterior and decode, wanted one or more"
  end
  if self.decode and not (self.prior and #self.latents > 0) then
    fail "view: got decode without prior or latents, wanted all three"
  end
  local latents, codes = {}, {}
  for i, latent in ipairs(self.latents) do
    latents[i] = read_latent(i, latent, i > 1 and latents[i - 1].last or 0)
    local one = latents[i]
    if one.code then codes[one.code] = one.name end
    for k = 1, one.probabilities and one.width or 0 do
      codes[one.probabilities + k - 1] = ("%s=%d"):format(one.name, k)
    end
  end
  self.latents, self.codes = latents, codes
  return setmetatable(self, View)
end

-- code_name(d) -> what column d of the codes is called: as its latent, "c1=3" where it is that of
-- the third category, or "z1", "z2" ...
function View:code_name(d) return self.codes[d] or "z" .. d end

-- has values of its own to go through: no noise, no content
local function can_sweep(latent) return not latent.noise and latent.kind ~= "content" end

-- swept() -> the numbers of the latents that can be swept: all but noise and content
function View:swept()
  local list = {}
  for i, latent in ipairs(self.latents) do
    if can_sweep(latent) then list[#list + 1] = i end
  end
  return list
end

-- decodes_codes() -> whether the codes that `represent` gives are what `decode` reads, column by
-- column: then decode(represent(images)) are the images again, as well as the model can
function View:decodes_codes()
  for _, latent in ipairs(self.latents) do
    local own = latent.code == latent.first and latent.width == 1
    if not own and latent.kind ~= "content" then return false end
  end
  return self.decode ~= nil and self.represent ~= nil
end

-- the latent of this number, which can be swept
local function one(self, who, i)
  local latent = self.latents[check.count(who, "i", i)]
  if not latent then
    fail("%s: argument 'i': got %d, wanted one of 1..%d, the latents", who, i, #self.latents)
  end
  if not can_sweep(latent) then
    fail("%s: argument 'i': got %d, which is %s of %d column%s, wanted one that can be swept", who,
      i, latent.noise and "noise" or "content", latent.width, latent.width == 1 and "" or "s")
  end
  return latent
end

-- The number of columns of the latents; z [n, as many], or an error.
local function wide(self, who, z)
  local last = self.latents[#self.latents]
  local L = last and last.last or 0
  if z:rank() ~= 2 or z:shape()[2] ~= L then check.wrong(who, "z", z, ("[n %d]"):format(L)) end
  return L
end

-- line(i [, count = 10 [, range]]) -> [count] values of latent i from one end of its range (or of
-- {least, greatest}) to the other; of a categorical one its categories, all of them
function View:line(i, count, range)
  local latent = one(self, "view:line", i)
  if latent.kind == "categorical" then return tensor.arange(1, latent.width) end
  local low, high = table.unpack(range or latent.range)
  return tensor.linspace(low, high, count or 10)
end

-- put(latents [n L], i, values [n]) -> the same with these values, or categories, of latent i
function View:put(z, i, values)
  local latent = one(self, "view:put", i)
  local L = wide(self, "view:put", z)
  if values:rank() ~= 1 or #values ~= #z then
    check.wrong("view:put", "values", values, ("[%d], one for each row of 'z'"):format(#z))
  end
  local parts = {latent.kind == "categorical" and op.one_hot(values, latent.width)
    or op.reshape(values, {#z, 1})}
  if latent.first > 1 then table.insert(parts, 1, ops.slice(z, 2, 1, latent.first - 1)) end
  if latent.last < L then parts[#parts + 1] = ops.slice(z, 2, latent.last + 1, L) end
  return op.concat(parts, 2)
end

-- sweep(latents [n L], i, values [m]) -> [n * m L]: each row m times, latent i going through the
-- values (or categories) while all else stays
function View:sweep(z, i, values)
  local L = wide(self, "view:sweep", z)
  if values:rank() ~= 1 then check.wrong("view:sweep", "values", values, "[m]") end
  local n, m = #z, #values
  local repeated = op.reshape(op.expand(op.reshape(z, {n, 1, L}), {n, m, L}), {n * m, L})
  return self:put(repeated, i, op.reshape(op.expand(op.reshape(values, {1, m}), {n, m}), {n * m}))
end

-- each of n rows m times [n * m ...]; or all of them m times one behind the other
local function repeated(x, m, all)
  local n, d = #x, x:shape()[2]
  local form = all and {1, n, d} or {n, 1, d}
  return op.reshape(op.expand(op.reshape(x, form), all and {m, n, d} or {n, m, d}), {n * m, d})
end

-- swap(contents [n h w c], styles [m h w c]) -> images [m * n h w c]: in row i, of m, image j, of
-- n, has the content of image j of the first and the style of image i of the second: the swap grid
-- of Mathieu et al. 2016. The view of a model without content and style is an error.
function View:swap(contents, styles)
  if not (self.represent_content and self.represent_style and self.decode) then
    fail "view:swap: got a view without content and style, wanted one as from content_view"
  end
  local content, style = self.represent_content(contents), self.represent_style(styles)
  return self.decode(repeated(content, #style, true), repeated(style, #content))
end

-- print(view): what the model can do, and its latents
function View.__tostring(self)
  local can, latents = {}, {}
  for name in CAN:gmatch "%S+" do
    if self[name] then can[#can + 1] = name end
  end
  local first   -- of those of one kind in a row
  for i, latent in ipairs(self.latents) do
    local next = self.latents[i + 1]
    first = first or latent
    if not next or next.kind ~= latent.kind or next.width ~= latent.width
        or next.noise ~= latent.noise then
      latents[#latents + 1] = ("%s%s (%s%s)"):format(first.name,
        first == latent and "" or " to " .. latent.name, latent.kind,
        latent.width > 1 and (" of %d columns"):format(latent.width) or "")
      first = nil
    end
  end
  return ("view: %s%s"):format(table.concat(can, ", "),
    #latents > 0 and "; latents: " .. table.concat(latents, ", ") or "")
end

check.methods("view", View, {
  code_name = "d: count", swept = "", decodes_codes = "",
  line = "i: count, count: count?, range: numbers?",
  put = "z: tensor, i: count, values: tensor", sweep = "z: tensor, i: count, values: tensor",
  swap = "contents: tensor, styles: tensor",
}, CAN .. " latents")

-- is(value) -> whether it is a view
local function is(value) return type(value) == "table" and getmetatable(value) == View end

return setmetatable({is = is}, {__call = function(_, given) return new(given) end})
