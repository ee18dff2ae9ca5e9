"use strict";

// Return the number at the start of a cell, without the ±, brackets or units that follow; null for other texts.
function number(text) {
  const found = /^[-−]?[\d,]*\.?\d+(e[-+]?\d+)?/i.exec(text.trim());
  return found ? Number(found[0].replaceAll(",", "").replace("−", "-")) : null;
}

function sort(table, column, ascending) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, text: row.cells[column].textContent.trim() }));
  const isNumeric = rows.every(({ text }) => text === "" || number(text) !== null);
  const compare = (a, b) =>
    isNumeric ? number(a.text) - number(b.text) : a.text.localeCompare(b.text, "en", { numeric: true });
  const sign = ascending ? 1 : -1;
  rows.sort((a, b) => (a.text === "") - (b.text === "") || sign * compare(a, b)); // empty cells last, either way
  body.append(...rows.map(({ row }) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const ascending = header.getAttribute("aria-sort") !== "ascending";
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(table, column, ascending);
    });
  });
}

for (const input of document.querySelectorAll("input[data-filters]")) {
  const rows = [...document.getElementById(input.dataset.filters).tBodies[0].rows];
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, place) => (row.hidden = !words.every((word) => texts[place].includes(word))));
    const shown = rows.filter((row) => !row.hidden).length;
    input.parentElement.querySelector("output").textContent = `${shown} of ${rows.length} rows`;
  });
}

const dialog = document.createElement("dialog");
dialog.addEventListener("click", () => dialog.close());
document.body.append(dialog);
for (const button of document.querySelectorAll("button.enlarge")) {
  button.addEventListener("click", () => {
    const image = button.firstElementChild.cloneNode();
    // as wide as the window, but at least 800 px: in a narrow window, the image scrolls and stays legible
    image.style = `width: ${Math.min(button.firstElementChild.naturalWidth, Math.max(0.94 * innerWidth, 800))}px`;
    dialog.replaceChildren(image);
    dialog.showModal();
  });
}
