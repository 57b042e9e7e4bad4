-- Options that make no sense are refused before anything is trained, by name.

local scratch = require "spec.scratch"

local folder

setup(function() folder = scratch.make() end)

teardown(function() scratch.remove(folder) end)

-- {script, options, the name of the refused one, what is said of it}
local ROWS = {
  {"vae_mnist", "--samples 0", "samples", "got 0, wanted 1 or more"},
  {"vae_mnist", "--images 0", "images", "got 0, wanted 1 or more"},
  {"infogan_mnist", "--part foo", "part", "got 'foo', wanted one of: test, train"},
  {"infogan_faces", "--lambda -1", "lambda", "got -1.0, wanted 0 or more"},
  {"mathieu_mnist", "--map -3", "map", "got -3, wanted 0 or more"},
  {"mathieu_mnist", "--points -1", "points", "got -1, wanted 0 or more"},
  {"mathieu_mnist", "--size 7", "size", "got '7', wanted one of: 1, 2"},
  {"cycle_vae_mnist", "--size 0", "size", "got '0', wanted one of: 1, 2"},
  {"cycle_vae_mnist", "--rec -1", "rec", "got -1.0, wanted 0 or more"},
  {"beta_vae_celeba", "--people 1", "people", "got 1, wanted 10 or more"},
  {"beta_vae_casia", "--people 1", "people", "got 1, wanted 20 or more"},
  {"unrolled_gan_ring", "--sd -1", "sd", "got -1.0, wanted 0 or more"},
  {"unrolled_gan_ring", "--lr_d -1", "lr_d", "got -1.0, wanted 0 or more"},
  {"unrolled_gan_ring", "--lr_g -1", "lr_g", "got -1.0, wanted 0 or more"},
  {"study", "--objective few_labels --labels 0", "labels", "got 0, wanted 1 or more"},
  {"study", "--objective ada_gvae --batch 1", "batch", "got 1, wanted 2 or more"},
  {"dcign", "--rest -3", "rest", "got -3, wanted 0 or more"},
  {"dip_vae_dsprites", "--batch 1", "batch", "got 1, wanted 2 or more"},
  {"dip_vae_dsprites", "--off -5", "off", "got -5.0, wanted 0 or more"},
  {"dip_vae_dsprites", "--diagonal -5", "diagonal", "got -5.0, wanted 0 or more"},
  {"sweep_beta_latents", "--latents 10", "latents", "got '10', wanted 2 or more numbers"},
  {"sweep_beta_latents", "--betas 4", "betas", "got '4', wanted 2 or more numbers"},
  {"sweep_beta_latents", "--latents 4,abc", "latents", "got 'abc', wanted an integer, like 10"},
  {"sweep_beta_latents", "--betas 1,x", "betas", "got 'x', wanted a float, like 0.5"},
}

for _, name in ipairs{"faces", "celeba", "casia", "chairs", "svhn"} do
  table.insert(ROWS, {"infogan_" .. name, "--reader 0", "reader", "got 0, wanted 1 or more"})
  table.insert(ROWS, {"infogan_" .. name, "--images 0", "images", "got 0, wanted 10 or more"})
end

describe("an experiment #once", function()
  it("needs one channel or more", function()
    for _, row in ipairs{{"unrolled_gan_modes", "--width -1", "unrolled_gan_modes: option 'width'"},
        {"unrolled_gan_modes", "--critic 0", "--width times --critic"},
        {"group_vae_mnist", "--width -1", "group_vae_mnist: option 'width'"},
        {"vaeinfogan", "--set faces --width 0", "vaegan.network: option 'width'"},
        {"infogan_cr_dsprites", "--width 0", "contrastive.network: option 'width'"}} do
      local script, options, said = table.unpack(row)
      local text, status = scratch.experiment(folder, script, options .. " --steps 1")
      assert.equal(1, status, text)
      assert.matches(said .. ": got ", text, 1, true)
    end
  end)

  for _, row in ipairs(ROWS) do
    local script, options, name, said = table.unpack(row)
    it(("refuses before it trains: %s %s"):format(script, options), function()
      local text, status = scratch.experiment(folder, script, options .. " --steps 1")
      assert.equal(1, status, text)
      assert.matches(("option --%s: %s"):format(name, said), text, 1, true)
      assert.is_nil(text:find("traceback", 1, true), text)
    end)
  end
end)
