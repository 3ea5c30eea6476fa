#!/bin/sh
# Put Chromium and Chinese fonts on the machine through its package manager, where that is allowed.
command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi "noto.*cjk" && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
else
    echo "Chromium 没有安装，浏览器测试会失败。请安装 chromium 和 fonts-noto-cjk 后再试。" >&2
fi
exit 0
