"use strict";
/* The page of a comparison: its filter, which hides what does not fit, and says how much is shown. */

const form = document.querySelector("form");
const words = form.elements.words;
const told = document.querySelector("#told");
const pages = Array.from(document.querySelectorAll(".pages > li"), (item) => ({
  item,
  sort: item.parentElement.parentElement.className,
  text: item.textContent.toLowerCase(),
}));
function filter() {
  const wanted = words.value.toLowerCase().trim();
  const sorts = new Set(Array.from(form.querySelectorAll("[name=sort]:checked"), (box) => box.value));
  let count = 0;
  for (const page of pages) {
    page.item.hidden = !(sorts.has(page.sort) && page.text.includes(wanted));
    count += !page.item.hidden;
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector(".pages > li:not([hidden])");
  }
  told.textContent = `${count.toLocaleString("en")} of ${pages.length.toLocaleString("en")} shown`;
}
function open(isOpen) {
  for (const details of document.querySelectorAll(".pages > li:not([hidden]) details")) details.open = isOpen;
}
form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("#open").addEventListener("click", () => open(true));
document.querySelector("#close").addEventListener("click", () => open(false));
filter();
