document.documentElement.lang = "zh-CN";

// An input method's Enter must not send the half-typed pinyin.
document.addEventListener("keypress", (event) => {
  if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
}, true);

function setBox(id, value) {
  const box = document.querySelector(`#${id} textarea, #${id} input`);
  box.value = value;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  return box;
}

function copyText(text) {
  // The clipboard interface is only there on https and on this machine itself.
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  return Promise.resolve();
}

function prepareSheet() {
  document.getElementById("print-root")?.remove();
  const sheet = document.querySelector("#sheet article.sheet");
  if (!sheet) return;
  const root = document.createElement("div");
  root.id = "print-root";
  root.append(sheet.cloneNode(true));
  document.body.append(root);
}

window.addEventListener("beforeprint", prepareSheet);

// Into the trainer's basket of this tab; the desk reads it when it is opened here.
function collect(button) {
  const href = button.parentElement.querySelector("a.source").getAttribute("href");
  const id = decodeURIComponent(href.match(/source\/([^#]+)/)[1]);
  let basket;
  try { basket = JSON.parse(sessionStorage.getItem("lesson-basket")); } catch { basket = null; }
  if (basket?.format !== WORDS.basketFormat) basket = { format: WORDS.basketFormat, title: "", sections: [{ title: "", items: [] }] };
  if (!basket.sections.some((section) => section.items.some((item) => item.id === id))) basket.sections.at(-1).items.push({ id, remark: "", mark: "" });
  sessionStorage.setItem("lesson-basket", JSON.stringify(basket));
  const link = document.createElement("a");
  link.href = "/lesson";
  link.className = "to-desk";
  link.textContent = `${WORDS.collected} · ${WORDS.toDesk}`;
  button.replaceWith(link);
  link.focus();
}

// The blank agreements open for the type that the card puts first.
function openAgreements() {
  const first = document.querySelector("#card button.type");
  const type = first ? first.id.replace("type-", "") : "";
  const kind = document.querySelector("#card .mediability.civil") ? "people" : "police";
  window.open(`/agreement/${kind}${type ? `?type=${encodeURIComponent(type)}` : ""}`, "_blank", "noopener");
}

// The sheet in Word is made from what stands on the page, sent once and kept nowhere.
async function downloadPrepared(button) {
  const value = (id) => document.querySelector(`#${id} textarea, #${id} input`)?.value ?? "";
  const tap = (id) => document.querySelector(`#${id} input:checked`)?.value ?? "";
  button.disabled = true;
  const answer = await fetch("/sheet/prepare", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      text: value("dispute"), region: value("region"), taps: ["tap-blows", "tap-injury", "tap-elder-child"].map(tap),
      type: value("picked-type"), ignored: value("ignored-terms"),
    }),
  }).catch(() => null);
  button.disabled = false;
  if (!answer?.ok) {
    const told = button.textContent;
    button.textContent = WORDS.failed;
    setTimeout(() => { button.textContent = told; }, 4000);
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = WORDS.prepare;
  link.click();
  URL.revokeObjectURL(link.href);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("copy")) {
    const said = button.parentElement.querySelector(".say").textContent;
    copyText(said).then(() => {
      button.textContent = WORDS.copied;
      setTimeout(() => { button.textContent = WORDS.copy; }, 1500);
    });
  } else if (button.classList.contains("collect")) {
    collect(button);
  } else if (button.classList.contains("vote")) {
    // Only there while the keeper has the worklist switched on.
    const link = button.parentElement.querySelector("a.source").getAttribute("href");
    const passage = decodeURIComponent(link.replace(/^\/source\//, "").replace(/#.*$/, ""));
    const text = document.querySelector("#dispute textarea").value;
    fetch("/vote", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ passage, useful: button.classList.contains("useful"), text: text.slice(0, 2000) }),
    }).then((answer) => { if (answer.ok) button.textContent = WORDS.voted; });
  } else if (button.classList.contains("example")) {
    setBox("dispute", button.textContent).focus();
    setTimeout(() => document.getElementById("ask").click(), 50);
  } else if (button.classList.contains("type")) {
    setBox("picked-type", button.id.replace("type-", ""));
    setTimeout(() => document.getElementById("refine").click(), 50);
  } else if (button.classList.contains("term")) {
    button.classList.toggle("off");
    const off = [...document.querySelectorAll("#card button.term.off")].map((term) => term.firstChild.textContent);
    setBox("ignored-terms", off.join("\n"));
    setTimeout(() => document.getElementById("refine").click(), 50);
  } else if (button.id === "print") {
    window.print();
  } else if (button.id === "agreements") {
    openAgreements();
  } else if (button.id === "prepare-word") {
    downloadPrepared(button);
  }
});
