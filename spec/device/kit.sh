#!/bin/sh
# kit.sh: build/kit.tar.xz, with all that card.sh needs on a machine of this kind where nothing can
# be installed: both builds, Lua, busted and the libraries behind them, but for the C library.

set -e
kit=build/kit
lua=$(dirname "$(command -v lua5.4)")
rm -rf $kit
mkdir -p $kit/bin $kit/lib $kit/lua $kit/so
cp -L "$lua/lua5.4" $kit/bin/
cp -rL /usr/share/lua/5.4/. $kit/lua/
cp -rL /usr/lib/"$(uname -m)"-linux-gnu/lua/5.4/. $kit/so/
find build/lib/teasel/core.so build/teasel $kit/bin/lua5.4 $kit/so -type f | xargs -n 1 ldd 2> /dev/null |
  sed -n 's/.* => \(\/[^ ]*\).*/\1/p' | sort -u |
  grep -v '/\(libc\|libm\|libdl\|libpthread\|librt\|libresolv\|libgcc_s\|libstdc++\)\.so' |
  while read -r library; do cp -L "$library" $kit/lib/; done
# busted as a script of that Lua
printf '#!/bin/sh\nexec lua5.4 build/kit/bin/busted.lua "$@"\n' > $kit/bin/busted
tail -n +2 "$(command -v busted)" > $kit/bin/busted.lua
chmod +x $kit/bin/busted
tar -cJf build/kit.tar.xz $kit build/teasel build/lib/teasel/core.so build/double/lib/teasel/core.so
ls -l build/kit.tar.xz
