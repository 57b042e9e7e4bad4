-- Every experiment runs a few steps of a tiny configuration, from the command line to its figures.

local T = require "teasel"
local core = require "teasel.core"
local child = require "spec.child"
local json = require "dkjson"
local find = require "teasel.data.find"
local scratch = require "spec.scratch"

local folder

local function try(script, options) return scratch.experiment(folder, script, options) end

local function read(path) return scratch.read(folder, path) end

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

describe("experiments on dSprites #apart", function()
  local RUNS = {
    {"beta_vae_dsprites", "--network small", "beta%-VAE, small"},
    {"capacity_vae_dsprites", "--network conv --batch 4", "capacity"},
  }

  for _, row in ipairs(RUNS) do
    local script, options = table.unpack(row)
    it("leave figures and scores: " .. script, function()
      local text, status = try(script,
        options .. " --steps 3 --log 1 --score few --run out/" .. script)
      assert.equal(0, status, text)
      assert.matches("Higgins' metric .+ %d+%.%d+ %%", text)
      assert.matches("MIG .+ %d%.%d+", text)
      local dir = "out/" .. script
      for _, name in ipairs{"traversal", "traversal_moving", "reconstructions", "samples", "curves",
        "unit_kl", "activations"} do
        assert.equal("\x89PNG", read(dir .. "/figures/" .. name .. ".png"):sub(1, 4), name)
      end
      local scores = json.decode(read(dir .. "/scores.json"))
      assert.equal(3, scores.step)
      assert.equal(576, scores.images)
      assert.equal(10, #scores.unit_kl)
      assert.is_true(scores.higgins.value >= 0 and scores.higgins.value <= 1)
      assert.is_true(scores.mig.value >= 0 and scores.mig.value <= 1)
      if script == "capacity_vae_dsprites" then
        local v = scores.variances
        assert.equal(10, #v)
        for d = 2, 10 do assert.is_true(0 < v[1] and v[d - 1] <= v[d]) end
      end
      -- what is scored may be changed when the run is resumed: read, and here found wrong
      text, status = try(script, "--resume --score nothing --run out/" .. script)
      assert.equal(1, status, text)
      assert.matches("%-%-score: got the option 'nothing', wanted one of: ", text)
      assert.is_nil(text:find("--resume", 1, true), text)
    end)
  end

  it("have the network of the capacity objective's public table, begun as there", function()
    local text, status = try("capacity_vae_dsprites",
      "--network table --batch 4 --steps 1 --score few --image corner --run out/table")
    assert.equal(0, status, text)
    local params = T.run.open(folder .. "/out/table").state.params
    local layers = {}
    for name, coder in pairs(params) do
      for i, layer in pairs(coder) do
        if layer.weight then layers[#layers + 1] = name .. i end
      end
    end
    assert.equal(12, #layers)   -- the encoder's 6, without its heads, and 2 + 4, not 3 + 4
    local bias = params.encoder[1].bias
    assert.is_true(T.max(T.abs(bias)):item() <= 1 / 4 + 1e-3 and T.max(T.abs(bias)):item() > 0.2)
  end)

  it("draw the scores over beta and the number of latents #slow #once", function()
    local text, status = try("sweep_beta_latents",
      "--steps 1 --score few --latents 2,4 --betas 0.5,4 --jobs 1 --folder grid")
    assert.equal(0, status, text)
    local best = {}   -- of the table, which the lines beneath it repeat
    for m, beta, score in text:gmatch "\n +(%d) +(%d%.%d) +1 +(%S+) " do
      score = tonumber(score)
      if not best[m] or score > best[m].score then best[m] = {score = score, beta = beta} end
    end
    for m, row in pairs(best) do
      assert.matches(("M =  %s: best score %.3f at beta_norm %.4f, beta %g\n"):format(m, row.score,
        row.beta * m / 4096, row.beta):gsub("%.", "%%."), text)
    end
    assert.is_truthy(best["2"] and best["4"], text)
    assert.matches("rank correlation of reconstruction error and score: %-?%d%.%d%d\n", text)
    assert.equal("\x89PNG", read("grid/figure6.png"):sub(1, 4))
  end)

  it("have one table of their scores #slow #once", function()
    for script, options in pairs{["beta_vae_dsprites-beta=1"] = "--beta 1 --network small",
      ["beta_vae_dsprites"] = "--network small", ["beta_vae_dsprites-conv"] = "--network conv",
      capacity_vae_dsprites = "--batch 4", infogan_dsprites = "--batch 4 --width 0.05"} do
      local text, status = try(script:match "[^-]*",
        options .. " --steps 1 --score few --run table/" .. script)
      assert.equal(0, status, text)
    end
    local text, status = try("scores_dsprites",
      "--runs table --points 150 --network small --baselines false")
    assert.equal(0, status, text)
    assert.matches("^.-| metric | VAE | beta = 4 | capacity | InfoGAN |", text)
    assert.matches("| higgins | %d%S* | %d%S* | %d%S* | %d%S* |\n"
      .. "| Higgins et al. 2017 | 0.616", text)
    text, status = try("scores_dsprites", "--help")
    assert.equal(0, status)
    assert.matches("%-%-baselines +boolean", text)
  end)

  it("refuse a network that they do not know", function()
    local text, status = try("beta_vae_dsprites", "--network conf")
    assert.equal(1, status)
    assert.equal("lua5.4: option --network: got 'conf', wanted one of: chairs, conv, fc, small "
      .. "(did you mean 'conv'?)\n", text)
  end)

  it("refuse to raise or lower a weight over no step", function()
    local text, status = try("beta_vae_dsprites", "--start 8 --anneal 0")
    assert.equal(1, status)
    assert.matches("option %-%-anneal: got 0, wanted 1 or more", text)
    text, status = try("capacity_vae_dsprites", "--ramp 0")
    assert.equal(1, status)
    assert.matches("option %-%-ramp: got 0, wanted 1 or more", text)
  end)
end)

describe("experiments on GANs #apart", function()
  local function figures(dir, ...)
    for _, name in ipairs{...} do
      assert.equal("\x89PNG", read(dir .. "/figures/" .. name .. ".png"):sub(1, 4), name)
    end
  end

  local SMALL = " --steps 3 --log 1 --batch 8 --width 0.05 --data "

  local RUNS = {
    {"infogan_mnist", "--reader 0", {"c2", "c3", "grid_c2", "grid_c3"}},
    {"infogan_mnist", "--reader 2 --draws 2 --blur 0.1 --label 0.9 --spectral true --average 0.9 "
      .. "--fall 0.1 --leak 0.01 --deviation 1 --part test --warp 0", {"c2", "grid_c2"}},
    {"gan_information", "", {}, " #slow"},
    {"gan_information", "--information false", {}},
    {"unrolled_infogan_mnist", "--K 0", {"c2", "grid_c3"}, " #slow"},
    {"unrolled_infogan_mnist", "--K 2", {"c2", "grid_c3"}, " #slow"},
    {"unrolled_infogan_mnist", "--K 2 --through false", {"c2", "grid_c3"}},
  }

  it("show D images that are changed at random, unless they are asked not to", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local lost = {}
    for i, options in ipairs{"", " --warp 0", " --warp 0 --seed 1"} do
      local text, status = try("infogan_mnist", "--reader 0" .. options .. SMALL .. path
        .. " --run gan/warp-" .. i)
      assert.equal(0, status, text)
      lost[i] = json.decode(read(("gan/warp-%d/log.jsonl"):format(i)):match "[^\n]+").d_loss
    end
    assert.equal(lost[2], lost[3])
    assert.are_not.equal(lost[1], lost[2])
  end)

  for i, row in ipairs(RUNS) do
    local script, options, names, mark = table.unpack(row)
    it(("say what the latents do: %s %s%s"):format(script, options, mark or ""), function()
      local path, message = find("mnist")
      if not path then pending(message) return end
      local dir = ("gan/%s-%d"):format(script, i)
      local text, status = try(script, options .. SMALL .. path .. " --run " .. dir)
      assert.equal(0, status, text)
      assert.matches("category: error %d+%.%d+ %% matched one to one", text)
      figures(dir, "c1", "information", table.unpack(names))
      local scores = json.decode(read(dir .. "/scores.json"))
      assert.equal(10000, scores.images)
      assert.equal(10, #scores.category)
      assert.is_true(scores.error >= scores.majority and scores.error <= 0.9)
      for _, does in pairs(scores.continuous) do
        assert.is_true(math.abs(does.slant.r) <= 1 and math.abs(does.width.monotone) <= 1)
      end
    end)
  end

  it("tell the information on other sets than MNIST #slow", function()
    for _, set in ipairs{"faces", "chairs"} do
      local text, status = try("gan_information", ("--set %s --steps 2 --log 1 --batch 8 "
        .. "--width 0.04 --run gan/set-%s"):format(set, set))
      assert.equal(0, status, text)
      figures("gan/set-" .. set, "c1", "information", "samples")
    end
  end)

  it("leave D, its slots and all statistics to the ordinary step #slow #once", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local found = {}
    for i, K in ipairs{0, 3} do
      local dir = "gan/step-" .. K
      local text, status = try("unrolled_infogan_mnist", ("--K %d --steps 1 --log 1 --batch 8 "
        .. "--width 0.05 --data %s --run %s"):format(K, path, dir))
      assert.equal(0, status, text)
      local r = assert(T.run.open(folder .. "/" .. dir))
      found[i] = {bytes = {}}
      local kept = {r.state.params.critic, r.state.params.q_head, r.state.d, r.state.q,
        r.state.stats}
      for j, leaf in ipairs((T.tree.leaves(kept))) do found[i].bytes[j] = leaf:data() end
      found[i].generator = T.tree.leaves(r.state.params.generator)[1]:data()
    end
    assert.is_true(#found[1].bytes > 20)
    assert.same(found[1].bytes, found[2].bytes)
    assert.are_not.equal(found[1].generator, found[2].generator)
  end)

  it("score the codes of dSprites #slow", function()
    local text, status = try("infogan_dsprites",
      "--steps 3 --log 1 --batch 8 --width 0.05 --score few --run gan/sprites")
    assert.equal(0, status, text)
    assert.matches("Higgins' metric .+ %d+%.%d+ %%", text)
    assert.matches("c5  L_I", text)
    figures("gan/sprites", "latents", "samples", "activations", "information")
    local scores = json.decode(read("gan/sprites/scores.json"))
    assert.equal(576, scores.images)
    assert.equal(5, #scores.followers)
    local results = require("teasel.report.score").of(folder .. "/gan/sprites", {metrics = "mig",
      points = 200, resamples = 0})
    assert.is_true(results[1].value >= 0 and results[1].value <= 1)
  end)

  it("draw the samples of a ring over time", function()
    for k = 0, 2, 2 do
      local text, status = try("unrolled_gan_ring",
        ("--K %d --steps 20 --log 5 --batch 16 --run gan/ring-%d"):format(k, k))
      assert.equal(0, status, text)
      assert.matches("%d of 8 modes", text)
      figures("gan/ring-" .. k, "samples", "curves")
      local scores = json.decode(read("gan/ring-" .. k .. "/scores.json"))
      assert.equal(10, #scores.over_time)
      assert.is_true(scores.kl >= 0 and scores.kl <= 4.5)
    end
  end)

  it("have the settings of the notebook, or of the paper's appendix", function()
    local text, status = try("unrolled_gan_ring",
      "--settings appendix --K 1 --steps 2 --batch 8 --run gan/appendix")
    assert.equal(0, status, text)
    assert.matches("appendix, K = 1, seed 1: %d of 8 modes", text)
    local r = assert(T.run.open(folder .. "/gan/appendix"))
    assert.equal(0.02, r.data.sd)
    assert.near(2, r.data.centres:square():sum(2):sqrt():max():item(), 1e-5)
    local shapes = {}
    for i, leaf in ipairs((T.tree.leaves(r.state.params.critic))) do
      shapes[i] = table.concat(leaf:shape(), " ")
    end
    assert.same({"128", "2 128", "1", "128 1"}, shapes)
  end)

  it("keep what a ring looked like when it is resumed for longer #slow #once", function()
    local options = "--K 1 --log 5 --batch 8 --run gan/film"
    assert.equal(0, select(2, try("unrolled_gan_ring", options .. " --steps 20")))
    local first = json.decode(read "gan/film/scores.json")
    local text, status = try("unrolled_gan_ring", options .. " --resume --steps 40")
    assert.equal(0, status, text)
    local r = assert(T.run.open(folder .. "/gan/film"))
    assert.same({2, 4, 6, 8, 10, 24, 28, 32, 36, 40}, r.state.at)
    local scores = json.decode(read "gan/film/scores.json")
    assert.same(table.move(first.over_time, 1, 5, 1, {}), table.move(scores.over_time, 1, 5, 1, {}))
    -- what is scored again without training keeps the time and the memory of the training
    text, status = try("unrolled_gan_ring", options .. " --resume")
    assert.equal(0, status, text)
    local again = json.decode(read "gan/film/scores.json")
    assert.same({scores.seconds, scores.peak_bytes}, {again.seconds, again.peak_bytes})
    text, status = try("unrolled_gan_ring", "--K -3")
    assert.equal(1, status)
    assert.matches("%-%-K: got %-3, wanted 0 or more", text)
  end)

  -- `build/teasel summary` of these words
  local function summed(words)
    local pipe = assert(io.popen(("cd '%s' && %s %s/lua/teasel/tool/summary.lua %s 2>&1"):format(
      folder, child.lua, child.root, words)))
    local text = pipe:read "a"
    local _, _, status = pipe:close()
    return text, status
  end

  it("make a table of the runs of all seeds and settings #slow", function()
    local values = " --values covered,good,kl,step_seconds,peak_bytes --curves d_loss,f"
    local text, status = summed("'gan/ring-*'" .. values .. " --figure samples.png")
    assert.equal(0, status, text)
    assert.matches("K  runs  covered +good +kl +step_seconds +peak_bytes\n", text)
    assert.equal(text:match("^(.-)\n+written"), read("gan/ring-summary.txt"):match "^(.-)\n+$")
    for _, name in ipairs{"curves", "samples"} do
      assert.equal("\x89PNG", read(("gan/ring-%s.png"):format(name)):sub(1, 4))
    end
    -- an even number of seeds has medians between whole numbers
    for _, seed in ipairs{2, 3} do
      assert.equal(0, select(2, try("unrolled_gan_ring",
        ("--K 1 --steps 3 --batch 8 --seed %d --run gan/even-%d"):format(seed, seed))))
    end
    text, status = summed("'gan/even-*'" .. values)
    assert.equal(0, status, text)
    local kl, sum = tonumber(text:match "\n *2 +%S+ %b() %b[] +%S+ %b() %b[] +(%S+) "), 0
    for _, seed in ipairs{2, 3} do
      sum = sum + json.decode(read(("gan/even-%d/scores.json"):format(seed))).kl
    end
    assert.is_true(math.abs(kl - sum / 2) < 1e-3 * sum, text)
    local _, lines = read("gan/even-summary.csv"):gsub("\n", "")
    assert.equal(3, lines)   -- every seed, beside the head
    -- one that was stopped
    os.execute(("cd '%s/gan' && cp -r ring-2 ring-3 && rm ring-3/scores.json"):format(folder))
    text, status = summed("'gan/ring-*'" .. values)
    assert.equal(0, status, text)
    assert.matches("\n *2 +2 +%S+ of 1 +%S+ of 1 ", text)
    text, status = summed("'gan/nothing*'")
    assert.equal(1, status)
    assert.matches("found no run in 'gan/nothing%*'", text)
  end)

  it("make a table of their own scripts' runs #slow", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local text, status = summed "'gan/*'"
    assert.equal(1, status)
    assert.matches("got runs of different scripts: gan/%S+ and gan/%S+", text)
    text, status = summed("'gan/unrolled_infogan_mnist-*' --curves information.1,information.2 "
      .. "--values error,information.1,continuous.c2.slant.r --figure grid_c2.png")
    assert.equal(0, status, text)
    assert.matches("K  through  runs +error +information.1 +continuous.c2.slant.r\n", text)
    for _, name in ipairs{"curves", "grid_c2"} do
      assert.equal("\x89PNG", read(("gan/unrolled_infogan_mnist-%s.png"):format(name)):sub(1, 4))
    end
  end)
end)

describe("the classifier of digits #apart", function()
  it("learns something in one epoch #slow #once", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local text, status = try("mlp_mnist", "--steps 1 --run mlp --data " .. path)
    assert.equal(0, status, text)
    assert.is_true(tonumber(text:match("test accuracy ([%d.]+)")) > 93)
  end)

  it("and that of drawn ones read each other's #slow #once", function()
    local path, message = find("mnist")
    if not path then pending(message) return end
    local text, status = try("drawn_digits",
      "--network mlp --steps 60 --test 500 --data " .. path)
    assert.equal(0, status, text)
    local seen = {}
    for from, on, share in text:gmatch "trained on ([%a ]+), tested on ([%a ]+): ([%d.]+) %%" do
      seen[#seen + 1] = from .. ", " .. on
      assert.is_true(tonumber(share) > 35, text)
    end
    assert.same({"MNIST, MNIST", "MNIST, drawn digits", "drawn digits, MNIST",
      "drawn digits, drawn digits"}, seen)
  end)

  it("and one of drawn faces reads angles, and says where it looked #slow #once", function()
    local text, status = try("drawn_faces",
      "--steps 40 --batch 16 --test 60 --lr 0.003 --isomap /nowhere --yale ''")
    assert.equal(0, status, text)
    local light, turn = text:match "drawn, not seen before +|r| of light ([%d.]+), turn ([%d.]+)"
    assert.is_true(tonumber(light) > .2 and tonumber(turn) > .2, text)
    assert.matches("Isomap faces: [^\n]*/nowhere", text)
    assert.matches("Extended Yale B", text)
  end)

  it("says where it looked for the data", function()
    local text, status = try("mlp_mnist", "--data /nowhere")
    assert.equal(1, status)
    assert.matches("/nowhere: found neither train%-images", text)
  end)
end)

describe("every experiment #once", function()
  it("says what it is and what each of its options means", function()
    local scripts = core.system.list(child.root .. "/experiments")
    for _, file in ipairs(scripts) do
      local name, meanings, last = file:match "^(.*)%.lua$", {}, nil
      local text = name and try(name, "--help") or ""
      if name then
        local title = core.file.read(child.root .. "/experiments/" .. file):match "^%-%- ([^\n]+)"
        assert.equal("\n\n" .. title .. "\n", text:match "^usage: [^\n]+(\n\n[^\n]+\n)", file)
        for part in text:gmatch "%f[%w]see (%u%w+):" do   -- of what it says at its top
          assert(text:find("\n" .. part .. " ", 1, true), file .. ": see " .. part)
        end
      end
      for line in text:gmatch "[^\n]+" do
        local option, said = line:match "^  %-%-(%S+) +%a+ +default: %S+ *(.*)$"
        last = option or line:find "^ " and last
        if last then meanings[last] = (meanings[last] or "") .. (said or line) end
      end
      for option, said in pairs(meanings) do
        assert.matches("%a%a.*%a%a", said, 1, false, file .. " --" .. option)
      end
      local work = meanings.steps or meanings.epochs or meanings.runs or meanings.weights
      assert.is_truthy(not name or work, file)
    end
  end)
end)
