// The other language of a page opens at the section that is being read: it has the same sections, in the same order.
const link = document.querySelector(".language-switch[data-sections]");
link?.addEventListener("click", () => {
  const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)[id]")];
  const header = document.querySelector(".md-header").getBoundingClientRect().bottom;
  const begun = headings.filter((heading) => heading.getBoundingClientRect().top < header + 100);
  link.hash = begun.length > 1 ? link.dataset.sections.split(" ")[begun.length - 1] : "";
});
