-- Networks of Mathieu et al. 2016, which take style from content, as the re-implementation that the
-- cycle-consistent VAE (Jha et al. 2018) is compared with has them for MNIST; and grown ones.
--
--   encoder  images -> {mean =, logvar =, content =}: q(z|x) of the style and the content s;
--            halving 5 x 5 convolutions, instance norm without parameters, ReLU
--   decoder  {content = [n S], style = [n Z]} -> images in [0, 1]; a layer of its own for each of
--            both, whose results are the first map of 4 x 4 transposed convolutions
--   critic   two images, one behind the other in the channels -> logits [n 2]: fake, real. With
--            classes in place of pairs one channel of the class's own stands for the first image.
--
-- Instance norm has no running statistics here: an image is normalised by itself, in training and
-- later. Weights are N(0, 0.05^2), those of the transposed convolutions U(-b, b), b = 1 /
-- sqrt(fan_in), biases 0.

local check = require "teasel.lib.check"
local core = require "teasel.core"
local layer = require "teasel.lib.layer"
local nn = require "teasel.nn"
local options = require "teasel.options"
local scaled = require "teasel.model.scaled"

local op = core.op
local network = {}

local SMALL, LEAK = nn.init.normal(0.05), nn.leaky_relu(0.2)

-- What a data set's networks are made of: the shape of an image; channels of the encoder and of the
-- critic, halving each time; units of the decoder's first layers; side of its first map; channels
-- and padding of its transposed convolutions: without padding they give two pixels more than twice
-- as many.
network.rows = {
  -- the source's
  mnist = {shape = {28, 28, 1}, encoder = {16, 32, 64}, critic = {32, 64, 128}, units = 256,
    start = 2, decoder = {{32, 0}, {16, 0}, {1, 1}}},
  -- ours: one convolution more each way, as the images are twice as wide
  sprites = {shape = {60, 60, 3}, encoder = {16, 32, 64, 128}, critic = {32, 64, 128, 256},
    units = 512, start = 2, decoder = {{64, 0}, {32, 0}, {16, 0}, {3, 1}}},
  objects = {shape = {64, 64, 3}, encoder = {16, 32, 64, 128}, critic = {32, 64, 128, 256},
    units = 512, start = 4, decoder = {{64, 1}, {32, 1}, {16, 1}, {3, 1}}},
}

-- Halving convolutions in a list of layers, and how many numbers come out of them. `last`: the last
-- one has its norm too.
local function halving(shape, channels, activation, last)
  local h, w, n_in = table.unpack(shape)
  local list = {}
  for i, n_out in ipairs(channels) do
    list[#list + 1] = nn.conv(n_in, n_out, {kernel = 5, stride = 2, pad = 1, init = SMALL})
    if last or i < #channels then
      list[#list + 1] = nn.instance_norm(n_out, {affine = false})
    end
    list[#list + 1] = activation
    h, w, n_in = (h - 3) // 2 + 1, (w - 3) // 2 + 1, n_out
  end
  list[#list + 1] = nn.flatten
  return list, h * w * n_in
end

local function linear(n_in, n_out) return nn.linear(n_in, n_out, {init = SMALL}) end

local function decoder(row, style, content)
  local n_in = 2 * row.units // (row.start * row.start)
  local list = {nn.reshape{row.start, row.start, n_in}}
  for i, one in ipairs(row.decoder) do
    local n_out = one[1]
    list[#list + 1] = nn.deconv(n_in, n_out, {kernel = 4, stride = 2, pad = one[2],
      init = nn.init.classic()})
    if i < #row.decoder then
      list[#list + 1] = nn.instance_norm(n_out, {affine = false})
      list[#list + 1] = LEAK
    end
    n_in = n_out
  end
  list[#list + 1] = nn.sigmoid
  local parts = {
    {key = "style", label = "style", layer = nn.chain{linear(style, row.units), LEAK}},
    {key = "content", label = "content", layer = nn.chain{linear(content, row.units), LEAK}},
    {key = "images", label = "images", layer = nn.chain(list)},
  }
  return layer.network("decoder", parts, function(params, x)
    local read = {}
    for i = 1, 2 do
      local part = parts[i]
      read[i] = part.layer.apply(params[part.key], x[part.key], {})
    end
    local part = parts[3]
    return part.layer.apply(params.images, op.concat(read, 2), {})
  end)
end

-- Errors of what a row has in it.
local function check_row(row)
  local who = "content_network.new"
  for _, name in ipairs{"shape", "encoder", "critic"} do
    check.list(who, ("row.%s"):format(name), row[name], check.count)
  end
  check.count(who, "row.units", row.units)
  check.count(who, "row.start", row.start)
  if #row.shape ~= 3 then check.wrong(who, "row.shape", row.shape, "{h, w, c}") end
  check.list(who, "row.decoder", row.decoder, function(_, name, one)
    if type(one) ~= "table" then check.wrong(who, name, one, "{channels, padding}") end
    check.count(who, name, one[1])
    check.size(who, name, one[2])
  end)
end

-- A row whose channels and units `w` has scaled; those of the first map come out whole.
local function narrowed(row, w)
  local part = {shape = row.shape, start = row.start, decoder = {}, units = w(row.units / 8) * 8}
  for _, name in ipairs{"encoder", "critic"} do
    part[name] = {}
    for i, n in ipairs(row[name]) do part[name][i] = w(n) end
  end
  for i, one in ipairs(row.decoder) do
    part.decoder[i] = {i < #row.decoder and w(one[1]) or one[1], one[2]}
  end
  return part
end

-- new(row, style, content, options) -> a model {encoder =, decoder =, critic =, shape =, style =,
-- content =, classes =} with so many numbers of style and of content; row: as in `rows`. Options:
--   width      share of the row's channels and units (1)
--   classes    how many there are, of a critic that is told the class in place of a second image
--              (0: it sees pairs)
--   last_norm  whether the norm stands behind the encoder's last convolution too, whose maps of
--              2 x 2 lose their mean by it (true, as in the source)
function network.new(row, style, content, given)
  local o = options.read("content_network.new", given, {width = 1, classes = 0, last_norm = true})
  check.size("content_network.new", "option 'classes'", o.classes)
  check_row(row)
  row = narrowed(row, scaled("content_network.new", o.width))
  local h, w, c = table.unpack(row.shape)
  local down, n = halving(row.shape, row.encoder, nn.relu, o.last_norm)
  down[#down + 1] = nn.heads{mean = linear(n, style), logvar = linear(n, style),
    content = linear(n, content)}
  local judge, m = halving({h, w, o.classes > 0 and c + 1 or 2 * c}, row.critic, LEAK, true)
  judge[#judge + 1] = linear(m, 2)
  return {encoder = nn.chain(down), decoder = decoder(row, style, content),
    critic = nn.chain(judge), shape = row.shape, style = style, content = content,
    classes = o.classes}
end

-- mnist(style, content, options): `new` with the source's networks for MNIST
function network.mnist(style, content, given)
  return network.new(network.rows.mnist, style, content, given)
end

-- sprites(style, content, options): `new` with ours for images [60 60 3]
function network.sprites(style, content, given)
  return network.new(network.rows.sprites, style, content, given)
end

-- objects(style, content, options): `new` with ours for images [64 64 3]
function network.objects(style, content, given)
  return network.new(network.rows.objects, style, content, given)
end

check.functions("content_network.", network, {
  new = "row: table(shape encoder critic units start decoder), style: count, content: count",
  mnist = "style: count, content: count", sprites = "style: count, content: count",
  objects = "style: count, content: count",
})

return network
