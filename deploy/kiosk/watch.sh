#!/bin/sh
# The page gives a sign of life every 15 s. Where the server is well and the page is silent, the browser starts anew.
address="${KIOSK_ADDRESS:-http://127.0.0.1:7860/}"
curl -fsS -m 5 -o /dev/null "${address}health" || exit 0
curl -fsS -m 5 -o /dev/null "${address}health/page" || systemctl --user restart kiosk-browser.service
