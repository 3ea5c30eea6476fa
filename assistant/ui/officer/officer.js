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
  } else if (button.classList.contains("example")) {
    setBox("dispute", button.textContent).focus();
    setTimeout(() => document.getElementById("ask").click(), 50);
  } else if (button.classList.contains("type")) {
    setBox("picked-type", button.id.replace("type-", ""));
    setTimeout(() => document.getElementById("pick").click(), 50);
  } else if (button.id === "print") {
    window.print();
  }
});
