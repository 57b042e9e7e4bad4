-- The backend of GPUs, on a driver and a compiler that stand in for NVIDIA's: what it asks of them
-- and in which order, what it says when they fail, and what it keeps. That kernels are right on a
-- card is for `make card` to show.

local child = require "spec.child"
local core = require "teasel.core"
local fake = require "spec.device.fake"
local scratch = require "spec.scratch"

describe("the gpu #apart", function()
  local folder, cuda

  setup(function()
    folder = scratch.make()
    cuda = fake.build(folder)
  end)
  teardown(function() scratch.remove(folder) end)

  -- what a script prints and its status, on that GPU. The sanitizer tells once of contexts, which
  -- the stand-in for the driver changes where it runs threads of a block.
  local function run(code, set, other)
    local path = scratch.write(folder, "script.lua", [[
      local T = require "teasel"
      local core = require "teasel.core"
      T.device "gpu"
      local function said(f, ...) return (select(2, pcall(f, ...))) end
    ]], code)
    local text, status = scratch.shell(folder, "unset TEASEL_CUDA; " ..
      fake.environment(other or cuda, folder .. "/cache", set) .. child.lua .. " " .. path)
    return text:gsub("==%d+==WARNING: ASan doesn't fully support[^\n]*\n", ""), status
  end

  local function log() return scratch.read(folder, "log") end

  -- with a log of the stand-ins that is empty so far
  local function logged(code, set)
    os.remove(folder .. "/log")
    set = set or {}
    set.FAKE_LOG = folder .. "/log"
    return run(code, set)
  end

  local SUM = "io.write(T.tensor{1, 2, 3}:sum():item())"

  it("is a place among the others, which needs no driver to be named", function()
    local text = run([[
      io.write(table.concat(core.place.devices(), " "), " ", T.device(), " ")
      T.device "host"
      io.write(T.zeros(2):place())]], {}, folder .. "/none")
    assert.equal("host mirror gpu gpu host", text)
  end)

  it("has its kernels compiled once, and again where what was kept is damaged", function()
    assert.equal("6", logged(SUM))
    local _, compiled = log():gsub("sm_90", "")
    assert.equal(1, compiled)
    assert.equal("6", logged(SUM))
    assert.is_nil(log():find("sm_90", 1, true))
    local name = scratch.shell(folder, "cd cache/kernels && ls"):match "^(%x+)\n$"
    local whole = scratch.read(folder, "cache/kernels/" .. name)
    scratch.write(folder, "cache/kernels/" .. name, whole:sub(1, -2), "?")
    assert.equal("6", logged(SUM))
    assert.is_truthy(log():find("sm_90", 1, true))
    assert.equal(whole:sub(33), scratch.read(folder, "cache/kernels/" .. name):sub(33))
    assert.equal(name .. "\n", (scratch.shell(folder, "cd cache/kernels && ls")))
  end)

  it("works without a cache, too", function()
    scratch.write(folder, "file", "")
    local text = run("io.write(T.tensor(1):item())", {TEASEL_CACHE = folder .. "/file"})
    assert.equal("1", text)
  end)

  it("is of a capability that the compiler may not know yet, or not any more", function()
    assert.equal("6", logged(SUM, {FAKE_CAPABILITY = 103}))
    assert.is_truthy(log():find("compute_90", 1, true))
    assert.is_truthy(log():find("PTX", 1, true))
    assert.matches("the device is of compute capability 6.1, which this NVRTC no longer knows",
      run(SUM, {FAKE_CAPABILITY = 61}), 1, true)
  end)

  it("says in a line what is not there", function()
    local function says(wanted, set, other)
      local text, status = run("io.write(said(T.zeros, 2)) os.exit(3)", set, other)
      assert.equal(3, status, text)
      assert.matches(wanted, text)
      assert.is_nil(text:find "\n")
    end
    says("gpu: the driver does not start: CUDA_ERROR_NO_DEVICE %(", {FAKE_FAIL = "device"})
    says("gpu: the driver finds no GPU %(CUDA_VISIBLE_DEVICES", {FAKE_FAIL = "count"})
    says("gpu: NVRTC refuses the kernels: far.cu%(3%): error: what the compiler did not like$",
      {FAKE_FAIL = "compile", TEASEL_CACHE = folder .. "/empty"})
    says("gpu: NVRTC %(libnvrtc.so%) is of CUDA %d+, which the driver, of CUDA 12.4, cannot follow",
      {FAKE_NVRTC = 14})
    says("gpu: the driver %(libcuda.so.1%) is too old: it has no cuMemAlloc_v2", {},
      fake.build(folder, "-DcuMemAlloc_v2=cuMemAlloc"))
    if io.popen "ldconfig -p":read "a":find("libcuda.so.1", 1, true) then
      return pending "wanted a machine without a driver"
    end
    says("gpu: there is no driver %(libcuda.so.1%): wanted a machine with an NVIDIA GPU", {},
      folder .. "/none")
  end)

  it("is missed by a run before it reads its data", function()
    local text, status = run([[
      arg = {[0] = "x.lua", "--device", "gpu"}
      T.run.config{steps = 1}
      io.write "data"]], {FAKE_FAIL = "device"})
    assert.equal(1, status)
    assert.matches("^lua5.4: %-%-device: gpu: the driver does not start: CUDA_ERROR_NO_DEVICE",
      text)
  end)

  it("names what the driver says of a launch, and goes on", function()
    local text = run([[
      local x = T.tensor{1, 2, 3}
      io.write(said(T.exp, x), "\n", T.square(x):sum():item())]], {FAKE_FAIL = "launch 1"})
    assert.matches("gpu: kernel_EXP: CUDA_ERROR_LAUNCH_FAILED (as it was asked for)\n14", text, 1,
      true)
  end)

  it("tells of a kernel that failed when somebody waits for it, and ever after", function()
    local text = run([[
      local x = T.exp(T.tensor{1, 2, 3})
      io.write("launched\n", said(x.table, x), "\n", said(T.exp, x), "\n")
      T.device "host"
      io.write(T.tensor{1, 2}:sum():item())]], {FAKE_FAIL = "run 1"})
    assert.matches("^launched\n.*gpu: the device's work: CUDA_ERROR_ILLEGAL_ADDRESS %(an illegal "
      .. "memory access was encountered%)\n.*CUDA_ERROR_ILLEGAL_ADDRESS.*\n3$", text)
  end)

  it("is waited for by a profile, so that an op's time is its own", function()
    local text = run([[
      local x = T.tensor{1, 2, 3}
      core.profile(true)
      T.square(x)
      io.write(said(T.exp, x))]], {FAKE_FAIL = "run 1"})
    assert.matches("CUDA_ERROR_ILLEGAL_ADDRESS", text)
  end)

  it("gives unused blocks back before it says that memory is out, with sizes", function()
    local text = logged([[
      collectgarbage()
      local live = core.memory().live
      local x = T.zeros(90000):release()
      local y = T.zeros(140000)   -- there is room for both, but not for their blocks
      io.write(y:size(), "\n", said(T.zeros, 1000000), "\n", y:sum():item(), "\n")
      y:release()
      collectgarbage()
      io.write(core.memory().live - live)]], {FAKE_MEMORY = core.double and 2000000 or 1000000})
    assert.matches("^140000\n.*gpu: out of memory: %d+ bytes were asked for, of %d+ there are %d+ "
      .. "left; %d+ are in use here\n0\n0$", text)
    assert.is_truthy(log():find("refused\ngiven back\ntaken\n", 1, true))
  end)

  it("uses the blocks of the step before again", function()
    assert.equal("ok", logged [[
      local function step() T.exp(T.zeros(100)):release() end
      for i = 1, 20 do
        step()
        collectgarbage()
      end
      io.write "ok"]])
    local _, taken = log():gsub("taken", "")
    assert.is_true(taken <= 3, taken)
  end)

  it("is told of by an error in processes that were forked from one that uses it", function()
    local text = run [[
      local x = T.ones(2)
      core.shard.begin(2, 0, 1)
      if core.shard.place() == 1 then
        io.stderr:write(said(T.zeros, 2))
        os.exit(0, false)
      end
      io.write(x:sum():item())]]
    assert.matches("this process was forked by one that has tensors there", text, 1, true)
  end)

  -- a spec of far memory there
  local function far(spec, set)
    local text, status = scratch.shell(child.root, "TEASEL_FAR=gpu " ..
      fake.environment(cuda, folder .. "/cache", set) .. "busted spec/graph/" .. spec)
    assert.equal(0, status, text)
    assert.matches("%d successes / 0 failures / 0 errors / 0 pending", text)
  end

  it("has all ops, as the mirror has them #slow", function() far "far_spec.lua" end)

  it("makes large products and folds by threads that work together #slow", function()
    os.remove(folder .. "/log")
    far("far_large_spec.lua", {FAKE_LOG = folder .. "/log"})
    for _, name in ipairs{"tile_matmul", "tile_conv", "tile_conv_x", "tile_conv_w", "team_fold_sum",
      "team_fold_max", "team_fold_min", "team_fold_count", "team_fold_square", "team_fold_dot",
      "team_fold_power"} do
      assert.is_truthy(log():find("kernel_" .. name .. "\n", 1, true), name)
    end
  end)

  it("trains small networks to the mirror's bits, with its kernels alone", function()
    local code = [[
      local vae, data = T.vae, T.data.xy_squares{}
      local net = vae.learner(vae.network{shape = data.shape, latents = 3, channels = {2, 2},
        hidden = {4}}, T.optim.adam{lr = 1e-2}, T.stream(1, "vae"))
      for i = 1, 3 do
        local stream = T.stream(i)
        net:step(data:batch(stream:split "batch", 1), stream:split "z", function(pass)
          return pass.reconstruction + 2 * pass.kl
        end)
      end
      local text = {}
      for _, x in ipairs(T.tree.leaves(net.state)) do text[#text + 1] = x:data() end
      io.write(x, " ", #text, " ", core.file.sha256(table.concat(text)))
    ]]
    local there = run("local x = T.device()" .. code, {TEASEL_PLAIN = 1})
    local mirrored = run('local x = T.device "mirror"' .. code)
    assert.matches("^gpu %d%d+ %x+$", there)
    assert.equal(mirrored:match " .*", there:match " .*")
  end)

  it("trains to the mirror's bits with all objectives and an unrolled step #slow", function()
    local digest = {}
    for _, place in ipairs{"mirror", "gpu"} do
      local text, status = scratch.shell(folder, fake.environment(cuda, folder .. "/cache",
        {TEASEL_PLAIN = 1}) .. ("%s %s/spec/run/shared_training.lua --batch 4 --steps 2 \z
        --run %s --device %s"):format(child.lua, child.root, place, place))
      assert.equal(0, status, text)
      digest[place] = text:match "^%x+\n$"
    end
    assert.is_truthy(digest.gpu)
    assert.equal(digest.mirror, digest.gpu)
  end)
end)
