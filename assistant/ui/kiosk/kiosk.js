// The screen of the hall: every tap replaces the page, so that "back" shows nothing; after a while without
// a touch everything is wiped. What is typed lives in `typed` until the next page, and nowhere else.
"use strict";
let typed = "";
let busy = false;
let since = performance.now(); // of the last touch
const ALIVE_EVERY = 15000, RETRY_EVERY = 2000, TICK = 500;

const $ = (selector) => document.querySelector(selector);

async function answers() {
  try { return (await fetch("/health", {cache: "no-store"})).ok; } catch { return false; }
}

// Ask first: a navigation to a server that is being restarted would leave the browser's own error page.
async function go(href) {
  if (busy) return;
  busy = true;
  while (!(await answers())) {
    $("#wait").hidden = false;
    await new Promise((done) => setTimeout(done, RETRY_EVERY));
  }
  forget();
  location.replace(href);
  setTimeout(() => { busy = false; }, RETRY_EVERY); // the same address with a #fragment would not load anew
}

function forget() {
  typed = "";
  document.querySelectorAll("textarea").forEach((box) => { box.value = ""; });
  const said = $("#typed p");
  if (said) said.textContent = "";
}

async function say(form) {
  if (busy) return;
  busy = true;
  const text = form.elements.text.value;
  try {
    const answer = await fetch(form.action, {method: "POST", body: new URLSearchParams({text}), cache: "no-store"});
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("main")) throw new Error();
    document.body.replaceChildren(...page.body.childNodes);
    typed = text.trim();
    const box = $("#text");
    if (box) box.value = text; // a question came back: they go on writing where they were
    const choice = $("[data-typed]");
    if (choice && typed) choice.hidden = false;
    busy = false;
    arrange();
    $("#main").focus();
  } catch {
    busy = false;
    go("/");
  }
}

function resize(size) {
  document.documentElement.dataset.size = size;
  document.querySelectorAll("a[href], form").forEach((item) => {
    const name = item.matches("form") ? "action" : "href";
    const path = item.getAttribute(name).split("?")[0];
    if (path !== "/" && !item.matches("a[data-size]")) item.setAttribute(name, size === "0" ? path : `${path}?size=${size}`);
  });
  document.querySelectorAll("a[data-size]").forEach((item) => {
    if (item.dataset.size === size) item.setAttribute("aria-current", "true"); else item.removeAttribute("aria-current");
  });
  arrange();
}

// "down" and "up" stand there while there is something to see: a tap does what a drag would.
function arrange() {
  const main = $("#main");
  if (!main) return;
  const down = $('[data-scroll="1"]'), up = $('[data-scroll="-1"]');
  up.hidden = main.scrollTop <= 4;
  down.hidden = main.scrollTop >= main.scrollHeight - main.clientHeight - 4;
}

// One page: the type shrinks until an A4 page holds it; a receipt is cut as long as it is.
function preparePaper() {
  const root = document.documentElement, paper = $("#paper"), mm = 96 / 25.4;
  if (!paper) return;
  root.dataset.paper = document.body.dataset.paper;
  root.classList.add("paper");
  let rule = $("#page-rule");
  if (!rule) { rule = document.createElement("style"); rule.id = "page-rule"; document.head.append(rule); }
  paper.style.fontSize = "";
  if (root.dataset.paper === "80mm") {
    rule.textContent = `@page{size:80mm ${Math.ceil(paper.offsetHeight / mm) + 12}mm;margin:4mm}`;
  } else {
    rule.textContent = "@page{size:A4;margin:12mm}";
    for (let points = 12; points >= 7 && (points === 12 || paper.offsetHeight > 270 * mm); points -= 0.5) {
      paper.style.fontSize = `${points}pt`;
    }
  }
}

function leavePaper() {
  document.documentElement.classList.remove("paper");
  arrange();
}

function touched() { since = performance.now(); }

function tick() {
  const {idle, countdown} = document.body.dataset;
  const quiet = (performance.now() - since) / 1000;
  if ("attract" in document.body.dataset || quiet < idle) return;
  const left = Math.ceil(Number(idle) + Number(countdown) - quiet);
  if (left <= 0) { // wiped at once, even where the server does not answer
    forget();
    $("#main").replaceChildren();
    go("/");
    return;
  }
  $("#still-left").textContent = WORDS.left.replace("{seconds}", left);
  if ($("#still").hidden) { $("#still").hidden = false; $("#still [data-continue]").focus(); }
}

addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const link = at("a[href]");
  if (link) {
    event.preventDefault();
    if (link.dataset.size && location.pathname === "/say") resize(link.dataset.size); // keeps what is written or read
    else go(link.getAttribute("href"));
  } else if (at("[data-leave]")) go("/");
  else if (at("#still")) $("#still").hidden = true; // the button, or anywhere beside it
  else if (at("[data-scroll]")) {
    const main = $("#main");
    main.scrollBy({top: Number(at("[data-scroll]").dataset.scroll) * main.clientHeight * 0.85});
  } else if (at("[data-print]")) { preparePaper(); print(); leavePaper(); }
  else if (at("[data-typed]")) {
    const choice = at("[data-typed]"), on = choice.getAttribute("aria-pressed") !== "true";
    choice.setAttribute("aria-pressed", String(on));
    choice.textContent = on ? WORDS.without : WORDS.with;
    $("#typed").hidden = !on;
    $("#typed p").textContent = on ? typed : "";
  }
});
addEventListener("submit", (event) => { event.preventDefault(); say(event.target); });
for (const kind of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) addEventListener(kind, touched, {passive: true, capture: true});
addEventListener("scroll", () => { touched(); arrange(); }, {passive: true, capture: true});
addEventListener("resize", arrange);
addEventListener("beforeprint", preparePaper);
addEventListener("afterprint", leavePaper);
addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/"); });
for (const kind of ["contextmenu", "dragstart", "drop", "dragover"]) addEventListener(kind, (event) => event.preventDefault());
addEventListener("DOMContentLoaded", () => {
  history.replaceState(null, "", location.pathname === "/say" ? "/say" : location.href);
  arrange();
  setInterval(tick, TICK);
  const alive = () => fetch("/alive", {cache: "no-store"}).catch(() => {});
  alive();
  setInterval(alive, ALIVE_EVERY);
});
