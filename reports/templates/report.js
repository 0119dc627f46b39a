"use strict";
(() => {
  const variants = [...document.querySelectorAll("details.variant")];
  const tools = document.querySelector(".tools");
  if (tools) {
    tools.hidden = false;
    const setAll = (open) => variants.forEach((item) => { if (!item.hidden) item.open = open; });
    document.getElementById("open-all").onclick = () => setAll(true);
    document.getElementById("close-all").onclick = () => setAll(false);
    const found = document.getElementById("found");
    document.getElementById("find").oninput = (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const item of variants) {
        const text = item.textContent.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
        count += !item.hidden;
      }
      found.textContent = words.length ? `${count} of ${variants.length} variants` : "";
    };
  }
  for (const button of document.querySelectorAll("button.copy")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    };
  }
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = variants.filter((item) => !item.open).slice(0, 40);
    closed.forEach((item) => { item.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((item) => { item.open = false; }));
})();
