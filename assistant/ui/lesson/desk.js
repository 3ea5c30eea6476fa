// The trainer's desk. The basket lives in this tab's sessionStorage as ids and remarks; texts are asked for again.
const DATA = JSON.parse(document.getElementById("desk-data").textContent);
const W = DATA.words;
const KEY = "lesson-basket";
const $ = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// --- asking ---------------------------------------------------------------------------------

async function ask(address, body) {
  let answer;
  try {
    answer = await fetch(address, body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  } catch {
    throw new Error(fill(W.FAILED, { reason: W.LOST }));
  }
  if (!answer.ok) throw new Error((await answer.text()) || fill(W.FAILED, { reason: answer.status }));
  return answer;
}

function say(text) { $("said").textContent = text; }

// --- search ---------------------------------------------------------------------------------

let chosen = { ...DATA.chosen };
let asked = 0;

async function search(skip = 0) {
  const own = ++asked;
  const results = $("results");
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await ask("/lesson/search", { text: $("text").value, ...chosen, skip });
    const page = await answer.text();
    if (own !== asked) return;  // a newer question is on its way
    if (skip) {
      const first = results.querySelector(".more");
      first.insertAdjacentHTML("beforebegin", page);
      const next = first.previousElementSibling;
      const added = results.querySelectorAll("article")[skip + results.querySelectorAll(".articles article").length];
      first.remove();
      (added?.querySelector("button") ?? next)?.focus();
    } else {
      const focused = document.activeElement?.closest("#facets button");
      const place = focused && [focused.closest("fieldset")?.dataset.facet, focused.dataset.value];
      results.innerHTML = page;
      const facets = results.querySelector("template[data-for=facets]");
      const scrolled = [...document.querySelectorAll("#facets fieldset")].map((item) => item.scrollTop);
      $("facets").replaceChildren(facets.content);
      document.querySelectorAll("#facets fieldset").forEach((item, at) => { item.scrollTop = scrolled[at] ?? 0; });
      if (place?.[0]) $("facets").querySelector(`[data-facet="${place[0]}"] [data-value="${CSS.escape(place[1])}"]`)?.focus();
    }
    markTaken();
  } catch (error) {
    results.innerHTML = "";
    const note = document.createElement("p");
    note.className = "notice";
    note.textContent = error.message;
    results.append(note);
  }
  results.setAttribute("aria-busy", "false");
}

async function showTree(type) {
  asked += 1;
  try {
    $("results").innerHTML = await (await ask(`/lesson/tree/${type}`)).text();
    markTaken();
    $("results").focus();
  } catch (error) { say(error.message); }
}

async function showPlace(id, go) {
  try {
    $("place").innerHTML = await (await ask(`/lesson/place/${encodeURIComponent(id)}`)).text();
    if (!$("place").open) $("place").showModal();
    markTaken();
    const again = go && $("place").querySelector(`[data-go=${go}]:not(:disabled)`);
    (again || $("place").querySelector("[data-close]")).focus();
  } catch (error) { say(error.message); }
}

// --- basket ---------------------------------------------------------------------------------

let basket = load();
let past = [];
let told = {};  // id to {label, text, mark}

function fresh() { return { format: DATA.format, title: "", sections: [{ title: "", items: [] }] }; }

function load() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept?.format === DATA.format && kept.sections?.length ? kept : fresh();
  } catch { return fresh(); }
}

function keep() { sessionStorage.setItem(KEY, JSON.stringify(basket)); }
function items() { return basket.sections.flatMap((section) => section.items); }

function change(how) {
  past.push(JSON.stringify(basket));
  past = past.slice(-50);
  how(basket);
  keep();
  return draw();
}

function undo() {
  if (!past.length) return;
  basket = JSON.parse(past.pop());
  keep();
  draw().then(() => say(W.UNDONE));
}

function add(id) {
  if (items().some((item) => item.id === id) || items().length >= DATA.mostItems) return;
  change((now) => now.sections.at(-1).items.push({ id, remark: "", mark: "" }))
    .then(() => say(fill(W.ADDED_SAID, { count: items().length })));
}

function move(id, by) {
  change((now) => {
    const at = now.sections.findIndex((section) => section.items.some((item) => item.id === id));
    const own = now.sections[at].items, from = own.findIndex((item) => item.id === id), to = from + by;
    const [item] = own.splice(from, 1);
    if (to >= 0 && to <= own.length) own.splice(to, 0, item);
    else if (by < 0 && at > 0) now.sections[at - 1].items.push(item);
    else if (by > 0 && at + 1 < now.sections.length) now.sections[at + 1].items.unshift(item);
    else own.splice(from, 0, item);
  }).then(() => {
    const row = rowOf(id);
    (row.querySelector(by < 0 ? ".up" : ".down") ?? row).focus();
    say(fill(W.MOVED, { number: items().findIndex((item) => item.id === id) + 1 }));
  });
}

function remove(id) {
  const next = rowOf(id)?.nextElementSibling?.dataset.id;
  change((now) => now.sections.forEach((section) => { section.items = section.items.filter((item) => item.id !== id); }))
    .then(() => { (next ? rowOf(next) : $("undo"))?.focus(); say(W.REMOVED); });
}

function rowOf(id) { return $("basket-items").querySelector(`[data-id="${CSS.escape(id)}"]`); }

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

async function draw() {
  const unknown = items().map((item) => item.id).filter((id) => !(id in told));
  const ids = items().map((item) => item.id);
  try {
    const answer = await (await ask("/lesson/excerpts", { ids })).json();
    for (const id of unknown) told[id] = answer.found[id] ?? null;
    $("sources").innerHTML = answer.sources;
  } catch (error) { say(error.message); }
  for (const item of items()) if (!item.mark && told[item.id]) item.mark = told[item.id].mark;
  keep();
  const many = basket.sections.length > 1 || basket.sections[0].title;
  let number = 0;
  $("basket-items").replaceChildren(...basket.sections.flatMap((section, at) => [
    ...(many ? [partHead(section, at)] : []),
    ...section.items.map((item) => itemRow(item, ++number)),
  ]));
  if (!ids.length) $("basket-items").append(element("p", { className: "empty", textContent: W.BASKET_EMPTY }));
  $("basket-count").textContent = fill(W.BASKET_COUNT, { count: ids.length });
  if (document.activeElement !== $("lesson-title")) $("lesson-title").value = basket.title;
  $("undo").disabled = !past.length;
  for (const button of [$("empty"), $("save"), ...document.querySelectorAll("[data-export]")]) button.disabled = !ids.length;
  markTaken();
}

function partHead(section, at) {
  const name = element("input", { value: section.title, maxLength: +$("basket-items").dataset.titleChars, placeholder: fill(W.PART_DEFAULT, { number: at + 1 }) });
  name.setAttribute("aria-label", W.PART_TITLE);
  name.onchange = () => change((now) => { now.sections[at].title = name.value; });
  const head = element("div", { className: "part" }, name);
  if (at > 0) {
    head.append(element("button", { textContent: W.REMOVE_PART, onclick: () => change((now) => {
      now.sections[at - 1].items.push(...now.sections[at].items);
      now.sections.splice(at, 1);
    }) }));
  }
  return head;
}

function itemRow(item, number) {
  const known = told[item.id];
  const row = element("div", { className: "item", tabIndex: 0 });
  row.dataset.id = item.id;
  const changed = known && item.mark && item.mark !== known.mark;
  row.append(element("b", { textContent: `${number}. ${known ? known.label : fill(W.GONE, { id: item.id })}` }));
  if (changed) row.append(element("p", { className: "warning", textContent: W.CHANGED }));
  row.append(element("p", { className: "snippet", textContent: known ? known.text : "" }));
  const remark = element("textarea", { value: item.remark, rows: item.remark ? 2 : 1, placeholder: W.REMARK, maxLength: +$("basket-items").dataset.remarkChars });
  remark.setAttribute("aria-label", `${W.REMARK} ${number}`);
  remark.onchange = () => change((now) => { now.sections.flatMap((s) => s.items).find((i) => i.id === item.id).remark = remark.value; });
  const button = (className, text, onclick) => {
    const made = element("button", { className, textContent: text, onclick });
    made.setAttribute("aria-label", `${text} ${number}`);
    return made;
  };
  row.append(remark, element("span", { className: "row" },
    button("up", W.UP, () => move(item.id, -1)), button("down", W.DOWN, () => move(item.id, 1)),
    ...(known ? [button("look", W.CONTEXT, () => showPlace(item.id))] : []), button("drop", W.REMOVE, () => remove(item.id))));
  return row;
}

function markTaken() {
  const taken = new Set(items().map((item) => item.id));
  document.querySelectorAll("[data-add]").forEach((button) => {
    const inside = taken.has(button.dataset.add);
    button.textContent = inside ? W.ADDED : W.ADD;
    button.setAttribute("aria-disabled", inside);
  });
}

// --- files ----------------------------------------------------------------------------------

function download(content, name) {
  const link = element("a", { href: URL.createObjectURL(content), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function fileName() { return (basket.title || W.UNTITLED).replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 60); }

async function exportAs(ending) {
  const what = W.EXPORTS[ending];
  const buttons = document.querySelectorAll("[data-export]");
  buttons.forEach((button) => { button.disabled = true; });
  $("working").hidden = false;
  $("working").querySelector("span").textContent = fill(W.EXPORTING, { what });
  try {
    const made = await (await ask(`/lesson/export/${ending}`, basket)).blob();
    download(made, `${fileName()}.${ending}`);
    say(fill(W.EXPORTED, { what }));
  } catch (error) { say(error.message); }
  $("working").hidden = true;
  buttons.forEach((button) => { button.disabled = false; });
}

async function openFile(file) {
  try {
    const opened = await (await ask("/lesson/open", await file.text())).json();
    if (!opened.sections.length) opened.sections.push({ title: "", items: [] });
    told = {};
    await change(() => { basket = opened; });
    const gone = items().filter((item) => !told[item.id]).map((item) => item.id);
    const other = items().filter((item) => told[item.id] && item.mark !== told[item.id].mark).map((item) => item.id);
    say([
      fill(W.OPENED, { count: items().length }),
      ...(gone.length ? [fill(W.GONE_LISTING, { ids: gone.join("、") })] : []),
      ...(other.length ? [fill(W.CHANGED_LISTING, { ids: other.join("、") })] : []),
    ].join("\n"));
  } catch (error) { say(error.message); }
}

// --- wiring ---------------------------------------------------------------------------------

$("ask").addEventListener("submit", (event) => { event.preventDefault(); search(); });
$("tree-type").addEventListener("change", (event) => (event.target.value ? showTree(event.target.value) : search()));
$("lesson-title").addEventListener("change", (event) => change((now) => { now.title = event.target.value; }));
$("new-part").addEventListener("click", () => change((now) => now.sections.push({ title: "", items: [] }))
  .then(() => [...document.querySelectorAll(".part input")].at(-1).focus()));
$("undo").addEventListener("click", undo);
$("empty").addEventListener("click", () => change(() => { basket = fresh(); }));
$("save").addEventListener("click", () => {
  download(new Blob([JSON.stringify(basket, null, 1)], { type: "application/json" }), `${fileName()}.json`);
  say(W.SAVED);
});
$("open").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", (event) => { if (event.target.files[0]) openFile(event.target.files[0]); event.target.value = ""; });

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.add) add(button.dataset.add);
  else if (button.dataset.place) showPlace(button.dataset.place, button.dataset.go);
  else if ("close" in button.dataset) $("place").close();
  else if (button.dataset.export) exportAs(button.dataset.export);
  else if (button.dataset.skip) search(+button.dataset.skip);
  else if ("reset" in button.dataset) { chosen = {}; $("tree-type").value = ""; search(); }
  else if (button.closest("#facets") && "value" in button.dataset) {
    const facet = button.closest("fieldset").dataset.facet;
    if (chosen[facet] === button.dataset.value) delete chosen[facet]; else chosen[facet] = button.dataset.value;
    $("tree-type").value = "";
    search();
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  const row = event.target.closest?.(".item");
  if (event.key === "/" && !typing) { event.preventDefault(); $("text").focus(); }
  else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !typing) { event.preventDefault(); undo(); }
  else if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); move(row.dataset.id, event.key === "ArrowUp" ? -1 : 1); }
  else if (row === event.target && event.key === "Delete") remove(row.dataset.id);
});

draw();
search();
