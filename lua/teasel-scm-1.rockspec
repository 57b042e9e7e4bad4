-- In a clone:  luarocks --lua-version 5.4 make lua/teasel-scm-1.rockspec
-- The Makefile asks pkg-config for what C needs: lua5.4, openblas, hdf5-serial, libpng, zlib.
rockspec_format = "3.0"
package = "teasel"
version = "scm-1"
source = {url = "."}
description = {
  summary = "An experiment environment for disentangled representation learning",
  detailed = [[
    A small C core of tensors, layers, gradients of any order and optimizers as a Lua module; paper
    experiments, data sets and metrics as short scripts on it.]],
  license = "MIT",
}
supported_platforms = {"linux"}
dependencies = {"lua >= 5.4, < 5.5", "dkjson >= 2.5"}
build = {
  type = "make",
  build_target = "all",
  build_variables = {CFLAGS = "-O3", LUA_INCDIR = "$(LUA_INCDIR)"},
  install_variables = {
    INST_LUADIR = "$(LUADIR)",
    INST_LIBDIR = "$(LIBDIR)",
    INST_BINDIR = "$(BINDIR)",
  },
}
