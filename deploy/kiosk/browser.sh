#!/bin/sh
# The hall's screen: Chromium full screen on the kiosk's address, with a profile that is gone when it ends.
set -eu
address="${KIOSK_ADDRESS:-http://127.0.0.1:7860/}"
chromium="$(command -v chromium || command -v chromium-browser || command -v google-chrome)"
profile="$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/kiosk-profile.XXXXXX")"  # in memory, where there is such a folder
trap 'rm -rf "$profile"' EXIT INT TERM

until curl -fsS -m 2 -o /dev/null "${address}health"; do sleep 1; done

"$chromium" --kiosk "$address" --user-data-dir="$profile" --incognito --lang=zh-CN \
  --no-first-run --noerrdialogs --disable-session-crashed-bubble --disable-infobars \
  --disable-pinch --overscroll-history-navigation=0 --disable-features=Translate,OverscrollHistoryNavigation \
  --disable-background-networking --disable-component-update --disable-sync --disable-quic --disable-extensions \
  --password-store=basic --kiosk-printing ${KIOSK_EXTRA:-} \
  --host-resolver-rules="MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
