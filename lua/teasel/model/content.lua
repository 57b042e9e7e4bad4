-- Content and style apart (Mathieu et al. 2016): x = Dec(z, s), with the content s of an image,
-- which its class has in common, and the style z, all else, with q(z|x). What is known of the
-- images is only which of them share a class. A content is the networks with their parameters, and
-- what the objectives are made of; the objective itself is the script's:
--
--   local net = T.content(T.content_network.mnist(16, 16), T.stream(1, "init"))
--   local coder, critic = net.params.coder, net.params.critic
--   local q = net:encode(coder, x)                       -- {mean =, logvar =, content =}
--   local y = net:decode(coder, q.content, net:sample(q, stream))
--   local cost = net:cost(net:judge(critic, x, y), "real")
--
-- coder is the encoder with the decoder, {encoder =, decoder =}; the critic is D.

local check = require "teasel.lib.check"
local content_view = require "teasel.model.content_view"
local core = require "teasel.core"
local dist = require "teasel.dist"
local in_batches = require "teasel.model.in_batches"
local ops = require "teasel.op.composed"
local shard = require "teasel.lib.shard"

local op, tensor = core.op, core.tensor

local Content = {}
Content.__index = Content

local BATCH = 500   -- images that are represented or drawn at a time

-- content(model, stream) -> networks with fresh parameters. model: of teasel.model.content_network,
-- or the same from other layers. Fields: model, params = {coder = {encoder =, decoder =},
-- critic =}; params.critic is {network =, classes =}, the latter a channel [h w] for each class,
-- N(0, 1), of a critic that is told classes.
local function new(model, stream)
  local h, w = table.unpack(model.shape)
  local critic = {network = (model.critic:init(stream:split "critic"))}
  if model.classes > 0 then
    critic.classes = stream:split "classes":normal{model.classes, h * w}
  end
  return setmetatable({model = model, params = {critic = critic, coder = {
    encoder = (model.encoder:init(stream:split "encoder")),
    decoder = (model.decoder:init(stream:split "decoder"))}}}, Content)
end

-- encode(coder, x [n h w c]) -> {mean [n Z] =, logvar [n Z] =, content [n S] =}
function Content:encode(coder, x) return self.model.encoder(coder.encoder, x) end

-- sample(q, stream) -> the style z = mean + sigma eps [n Z] of what `encode` gave
function Content:sample(q, stream) return dist.gaussian.sample(stream, q.mean, q.logvar) end

-- decode(coder, content [n S], style [n Z]) -> images [n h w c] in [0, 1]
function Content:decode(coder, content, style)
  return self.model.decoder(coder.decoder, {content = content, style = style})
end

-- judge(critic, beside, x) -> logits [n 2], of fake and of real: D of images x beside others [n h w
-- c]; or, of a critic with classes, beside labels [n] from 0
function Content:judge(critic, beside, x)
  if self.model.classes > 0 then
    local n, h, w = table.unpack(x:shape())
    beside = op.take(critic.classes, op.reshape(beside, {n}) + 1, 1):reshape{n, h, w, 1}
  end
  return self.model.critic(critic.network, op.concat({beside, x}, 4))
end

local COLUMN = {fake = 1, real = 2}

local function column(who, what)
  return COLUMN[what] or check.wrong(who, "what", what, "'fake' or 'real'")
end

-- cost(logits [n 2], what) -> the mean of -log of the probability that D gives to "real" or "fake"
function Content:cost(logits, what)
  local truth = tensor.full({#logits}, column("content:cost", what))
  return ops.mean(op.cross_entropy(logits, op.one_hot(truth, 2)))
end

-- right(logits [n 2], what) -> the share of them that D takes for "real" or "fake", a number
function Content:right(logits, what)
  local right = op.eq(op.argmax(logits, 2), column("content:right", what))
  return shard.mean(ops.mean(right)):item()
end

-- mse(x, y) -> the mean of the squared differences, over all pixels
function Content:mse(x, y) return ops.mean(op.square(x - y)) end

-- kl(q) -> KL(q(z|x) || N(0, I)), in nats, for each number of an image: the mean over the batch,
-- divided by h w c, as it stands beside the mean over pixels of `mse`
function Content:kl(q)
  local h, w, c = table.unpack(self.model.shape)
  return op.sum(op.gaussian_kl(q.mean, q.logvar)) * (1 / (#q.mean * h * w * c))
end

-- view(data [, sampled = true]) -> what it can do (see teasel.model.content_view); contents of what
-- is drawn from the prior are those of images of `data`, a set. Not sampled: the style of an image
-- is the mean of q(z|x) and nothing else, of a model that was trained so.
function Content:view(data, sampled)
  local coder = self.params.coder
  local function style(images)
    return in_batches(function(x) return self:encode(coder, x).mean end, BATCH, images)
  end
  return content_view{data = data, content = self.model.content, style = self.model.style,
    represent_style = style,
    represent_content = function(images)
      return in_batches(function(x) return self:encode(coder, x).content end, BATCH, images)
    end,
    posterior_style = sampled ~= false and function(images)
      local Z = self.model.style
      local both = in_batches(function(x)
        local q = self:encode(coder, x)
        return op.concat({q.mean, q.logvar}, 2)
      end, BATCH, images)
      return ops.slice(both, 2, 1, Z), ops.slice(both, 2, Z + 1, 2 * Z)
    end or nil,
    decode = function(content, style)
      return in_batches(function(s, z) return self:decode(coder, s, z) end, BATCH, content, style)
    end}
end

local Q = "q: table(mean logvar content)"

check.methods("content", Content, {
  encode = "coder: table(encoder), x: tensor", sample = Q .. ", stream: stream",
  decode = "coder: table(decoder), content: tensor, style: tensor",
  judge = "critic: table(network), beside: tensor, x: tensor", cost = "logits: tensor, what: any",
  right = "logits: tensor, what: any", mse = "x: tensor, y: tensor", kl = Q,
  view = "data: set, sampled: boolean?",
})

return check.called("content", new,
  "model: table(encoder decoder critic shape classes), stream: stream")
