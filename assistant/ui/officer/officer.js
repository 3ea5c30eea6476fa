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

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("copy")) {
    const said = button.parentElement.querySelector(".say").textContent;
    copyText(said).then(() => {
      button.textContent = WORDS.copied;
      setTimeout(() => { button.textContent = WORDS.copy; }, 1500);
    });
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
    setTimeout(() => document.getElementById("pick").click(), 50);
  } else if (button.id === "print") {
    window.print();
  }
});
